#include "compiler/hiprtc/hiprtc_description.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace gemmsmith {

using nlohmann::json;

namespace {

tl::unexpected<Error> malformed(std::string_view what) {
  return makeError(ErrorKind::kInternal, fmt::format("worker protocol: not {}", what));
}

std::string dump(const json &document) {
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

// The text fields of a description, named once for both directions.
template <typename Description, typename Visitor>
void visitTexts(Description &description, Visitor visit) {
  visit("library", description.library);
  visit("origin", description.origin);
  visit("path", description.path);
  visit("hiprtc_version", description.hiprtc_version);
  visit("hip_version", description.hip_version);
  visit("comgr_version", description.comgr_version);
  visit("comgr_path", description.comgr_path);
  visit("clang_version", description.clang_version);
  visit("identity", description.identity);
  visit("reason", description.reason);
}

bool readText(const json &object, const char *key, std::string &text) {
  const auto it = object.find(key);
  if (it == object.end() || !it->is_string())
    return false;
  text = it->get<std::string>();
  return true;
}

} // namespace

std::string candidatesJson(const std::vector<HiprtcCandidate> &candidates) {
  json list = json::array();
  for (const HiprtcCandidate &candidate : candidates)
    list.push_back({{"library", candidate.library}, {"origin", candidate.origin}});
  return dump(list);
}

Expected<std::vector<HiprtcCandidate>> parseCandidates(std::string_view text) {
  const json list = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!list.is_array())
    return malformed("a list of candidates");
  std::vector<HiprtcCandidate> candidates;
  for (const json &item : list) {
    HiprtcCandidate candidate;
    if (!item.is_object() || !readText(item, "library", candidate.library) ||
        !readText(item, "origin", candidate.origin))
      return malformed("a candidate");
    candidates.push_back(std::move(candidate));
  }
  return candidates;
}

std::string descriptionJson(const HiprtcDescription &description) {
  json object{{"llvm_major", description.llvm_major},
              {"isas", description.isas},
              {"usable", description.usable}};
  visitTexts(description, [&](const char *key, const std::string &text) { object[key] = text; });
  return dump(object);
}

Expected<HiprtcDescription> parseDescription(std::string_view text) {
  const json object = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object())
    return malformed("a description");
  HiprtcDescription description;
  bool complete = true;
  visitTexts(description, [&](const char *key, std::string &field) {
    complete = readText(object, key, field) && complete;
  });
  const auto major = object.find("llvm_major");
  const auto isas = object.find("isas");
  const auto usable = object.find("usable");
  if (!complete || major == object.end() || !major->is_number_integer() || isas == object.end() ||
      !isas->is_array() || usable == object.end() || !usable->is_boolean())
    return malformed("a description");
  description.llvm_major = major->get<int>();
  description.usable = usable->get<bool>();
  for (const json &isa : *isas) {
    if (!isa.is_string())
      return malformed("a description");
    description.isas.push_back(isa.get<std::string>());
  }
  return description;
}

std::string_view rocmVersion(const HiprtcDescription &description) {
  const std::string_view version = description.hip_version;
  const auto dot = version.find('.');
  return version.substr(0, dot == version.npos ? dot : version.find('.', dot + 1));
}

std::string_view firstRocm(std::string_view target) {
  return target == "gfx950" ? "7.0" : "";
}

std::string unknownTarget(const HiprtcDescription &description, std::string_view target) {
  std::string text = fmt::format("comgr {}", description.comgr_version);
  if (description.llvm_major > 0)
    text += fmt::format(" (LLVM {})", description.llvm_major);
  text += fmt::format(" knows no {}", target);
  if (const std::string_view first = firstRocm(target); !first.empty()) {
    text += fmt::format("; that needs ROCm {} or later", first);
    if (const std::string_view found = rocmVersion(description); !found.empty())
      text += fmt::format(" (this is {})", found);
  }
  return text + ": install a newer ROCm or use --backend llvm";
}

} // namespace gemmsmith
