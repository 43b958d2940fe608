#include "cache/cache_key.h"

#include "configs/kernel_name.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <utility>

namespace gemmsmith {

namespace {

constexpr std::string_view kSchema = "gemmsmith-entry-1";

std::string textOf(const CacheKeyFields &fields) {
  return fmt::format("{}\ncompiler {}\ntarget {}\nkernel {}\nallow_spills {}\n", kSchema,
                     fields.compiler, fields.target_id, kernelName(fields.config),
                     fields.allow_spills ? "yes" : "no");
}

tl::unexpected<Error> noKey(std::string what) {
  return makeError(ErrorKind::kInput, "not a key of the store: " + std::move(what));
}

// "gfx950" or "gfx950:sramecc+:xnack-".
bool isTargetId(std::string_view text, Target target) {
  const std::string_view processor = toString(target);
  if (!text.starts_with(processor))
    return false;
  text.remove_prefix(processor.size());
  if (!text.empty() && (text.front() != ':' || text.size() < 3))
    return false;
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == ':' || c == '+' || c == '-';
  });
}

// Takes "NAME value\n" off the front of `text`.
std::optional<std::string_view> takeLine(std::string_view &text, std::string_view name) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos)
    return std::nullopt;
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ' ')
    return std::nullopt;
  line.remove_prefix(name.size() + 1);
  return line;
}

} // namespace

CacheKey::CacheKey(CacheKeyFields fields, std::string text)
    : fields_(std::move(fields)), text_(std::move(text)), hash_(hash128(text_)) {}

Expected<CacheKey> CacheKey::make(const CacheKeyFields &fields) {
  auto key = parse(textOf(fields));
  if (!key)
    key.error().kind = ErrorKind::kInternal;
  return key;
}

Expected<CacheKey> CacheKey::parse(std::string_view text) {
  if (text.size() > kMaxTextBytes)
    return noKey("it is too long");
  std::string_view rest = text;
  if (!rest.starts_with(kSchema) || rest.size() == kSchema.size() || rest[kSchema.size()] != '\n')
    return noKey(fmt::format("it does not begin with {}", kSchema));
  rest.remove_prefix(kSchema.size() + 1);
  const auto compiler = takeLine(rest, "compiler");
  if (!compiler || !Hash128::parse(*compiler))
    return noKey("its compiler is not 32 hexadecimal digits");
  const auto target_id = takeLine(rest, "target");
  const auto kernel = takeLine(rest, "kernel");
  const auto config = parseKernelName(kernel.value_or(""));
  if (!config)
    return noKey("its kernel is not one of our names: " + config.error().message);
  if (!target_id || !isTargetId(*target_id, config->target))
    return noKey(fmt::format("its target is not that of {}", *kernel));
  const auto spills = takeLine(rest, "allow_spills");
  if (!spills || (*spills != "no" && *spills != "yes") || !rest.empty())
    return noKey("its options are not those that are known here");
  return CacheKey({.compiler = std::string(*compiler),
                   .target_id = std::string(*target_id),
                   .config = *config,
                   .allow_spills = *spills == "yes"},
                  std::string(text));
}

std::vector<CacheKey> keysOf(const std::string &compiler, const KernelConfig &config) {
  std::vector<CacheKey> keys;
  for (const bool allow_spills : {false, true})
    if (auto key = CacheKey::make({.compiler = compiler,
                                   .target_id = std::string(toString(config.target)),
                                   .config = config,
                                   .allow_spills = allow_spills}))
      keys.push_back(std::move(*key));
  return keys;
}

} // namespace gemmsmith
