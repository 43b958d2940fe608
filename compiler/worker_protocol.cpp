#include "compiler/worker_protocol.h"

#include "configs/kernel_name.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <system_error>
#include <utility>

namespace gemmsmith {

using nlohmann::json;

// The prefix is written as this machine has it: both ends are always the same machine.
static_assert(std::endian::native == std::endian::little);

namespace {

template <typename Enum, std::size_t N>
using NameTable = std::array<std::pair<Enum, std::string_view>, N>;

constexpr NameTable<WorkerOp, 7> kOps{{{WorkerOp::kCompile, "compile"},
                                       {WorkerOp::kStage, "stage"},
                                       {WorkerOp::kDisassemble, "disassemble"},
                                       {WorkerOp::kFingerprint, "fingerprint"},
                                       {WorkerOp::kFindHiprtc, "find_hiprtc"},
                                       {WorkerOp::kProbeHiprtc, "probe_hiprtc"},
                                       {WorkerOp::kCompileHip, "compile_hip"}}};

constexpr NameTable<Stage, 6> kStages{{{Stage::kGemm, "gemm"},
                                       {Stage::kTile, "tile"},
                                       {Stage::kScheduled, "scheduled"},
                                       {Stage::kHip, "hip"},
                                       {Stage::kLlvm, "llvm"},
                                       {Stage::kAsm, "asm"}}};

constexpr NameTable<ErrorKind, 5> kErrorKinds{{{ErrorKind::kUsage, "usage"},
                                               {ErrorKind::kInput, "input"},
                                               {ErrorKind::kIllegal, "illegal"},
                                               {ErrorKind::kFailed, "failed"},
                                               {ErrorKind::kInternal, "internal"}}};

template <typename Enum, std::size_t N>
std::string_view nameOf(const NameTable<Enum, N> &table, Enum value) {
  for (const auto &[entry, name] : table)
    if (entry == value)
      return name;
  return "unknown";
}

template <typename Enum, std::size_t N>
std::optional<Enum> valueOf(const NameTable<Enum, N> &table, std::string_view name) {
  for (const auto &[value, entry] : table)
    if (entry == name)
      return value;
  return std::nullopt;
}

tl::unexpected<Error> malformed(std::string_view what) {
  return makeError(ErrorKind::kInternal, fmt::format("worker protocol: {}", what));
}

// The header as an object, or nothing; never throws.
std::optional<json> parseHeader(const std::string &text) {
  json header = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!header.is_object())
    return std::nullopt;
  return header;
}

std::optional<std::string> stringField(const json &header, const char *key) {
  auto it = header.find(key);
  if (it == header.end() || !it->is_string())
    return std::nullopt;
  return it->get<std::string>();
}

std::optional<bool> boolField(const json &header, const char *key) {
  auto it = header.find(key);
  if (it == header.end() || !it->is_boolean())
    return std::nullopt;
  return it->get<bool>();
}

std::optional<std::vector<std::string>> stringsField(const json &header, const char *key) {
  auto it = header.find(key);
  if (it == header.end() || !it->is_array())
    return std::nullopt;
  std::vector<std::string> strings;
  for (const json &item : *it) {
    if (!item.is_string())
      return std::nullopt;
    strings.push_back(item.get<std::string>());
  }
  return strings;
}

// Text from a compiler may hold any bytes; the header must stay valid UTF-8 JSON.
std::string dump(const json &header) {
  return header.dump(-1, ' ', false, json::error_handler_t::replace);
}

// A diagnostic of any length must not make the response undeliverable.
constexpr std::size_t kMaxText = 1u << 16;

} // namespace

std::string_view toString(WorkerOp op) {
  return nameOf(kOps, op);
}

std::string_view toString(Stage stage) {
  return nameOf(kStages, stage);
}

std::optional<Stage> parseStage(std::string_view text) {
  return valueOf(kStages, text);
}

Expected<WireSizes> decodePrefix(std::span<const std::byte, kWirePrefixBytes> prefix) {
  WireSizes sizes;
  std::memcpy(&sizes.header_bytes, prefix.data(), 4);
  std::memcpy(&sizes.payload_bytes, prefix.data() + 4, 4);
  if (sizes.header_bytes == 0 || sizes.header_bytes > kMaxHeaderBytes ||
      sizes.payload_bytes > kMaxPayloadBytes)
    return malformed(fmt::format("not a message (header of {} bytes, payload of {} bytes)",
                                 sizes.header_bytes, sizes.payload_bytes));
  return sizes;
}

Expected<std::vector<std::byte>> encodeMessage(const WireMessage &message) {
  if (message.header.empty() || message.header.size() > kMaxHeaderBytes ||
      message.payload.size() > kMaxPayloadBytes)
    return malformed(fmt::format("message too large (header of {} bytes, payload of {} bytes)",
                                 message.header.size(), message.payload.size()));
  const auto header_bytes = static_cast<std::uint32_t>(message.header.size());
  const auto payload_bytes = static_cast<std::uint32_t>(message.payload.size());
  std::vector<std::byte> bytes(kWirePrefixBytes + header_bytes + payload_bytes);
  std::memcpy(bytes.data(), &header_bytes, 4);
  std::memcpy(bytes.data() + 4, &payload_bytes, 4);
  std::memcpy(bytes.data() + kWirePrefixBytes, message.header.data(), header_bytes);
  if (payload_bytes != 0)
    std::memcpy(bytes.data() + kWirePrefixBytes + header_bytes, message.payload.data(),
                payload_bytes);
  return bytes;
}

namespace {

std::string systemError(int code) {
  return std::error_code(code, std::system_category()).message();
}

// How many of the `bytes` bytes arrived before the other end closed.
Expected<std::size_t> receiveBytes(int fd, std::byte *to, std::size_t bytes) {
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t n = ::recv(fd, to + done, bytes - done, 0);
    if (n == 0)
      break;
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return malformed(fmt::format("cannot receive: {}", systemError(errno)));
    done += static_cast<std::size_t>(n);
  }
  return done;
}

} // namespace

Expected<void> sendMessage(int fd, const WireMessage &message) {
  auto bytes = encodeMessage(message);
  if (!bytes)
    return tl::unexpected(bytes.error());
  std::size_t done = 0;
  while (done < bytes->size()) {
    const ssize_t n = ::send(fd, bytes->data() + done, bytes->size() - done, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return malformed(fmt::format("cannot send: {}", systemError(errno)));
    done += static_cast<std::size_t>(n);
  }
  return {};
}

Expected<std::optional<WireMessage>> receiveMessage(int fd) {
  std::array<std::byte, kWirePrefixBytes> prefix;
  auto got = receiveBytes(fd, prefix.data(), prefix.size());
  if (!got)
    return tl::unexpected(got.error());
  if (*got == 0)
    return std::nullopt;
  if (*got < prefix.size())
    return malformed("the socket closed inside a message");
  const auto sizes = decodePrefix(prefix);
  if (!sizes)
    return tl::unexpected(sizes.error());

  // Grown as bytes arrive, so that a lying prefix costs no memory.
  constexpr std::size_t kStep = 1u << 20;
  const std::size_t total = std::size_t{sizes->header_bytes} + sizes->payload_bytes;
  std::vector<std::byte> body;
  while (body.size() < total) {
    const std::size_t at = body.size();
    const std::size_t step = std::min(kStep, total - at);
    body.resize(at + step);
    got = receiveBytes(fd, body.data() + at, step);
    if (!got)
      return tl::unexpected(got.error());
    if (*got < step)
      return malformed("the socket closed inside a message");
  }
  return splitMessage(*sizes, std::move(body));
}

WireMessage splitMessage(const WireSizes &sizes, std::vector<std::byte> body) {
  WireMessage message;
  message.header.assign(reinterpret_cast<const char *>(body.data()), sizes.header_bytes);
  body.erase(body.begin(), body.begin() + sizes.header_bytes);
  message.payload = std::move(body);
  return message;
}

WireMessage encodeRequest(const WorkerRequest &request) {
  json header{{"op", nameOf(kOps, request.op)}};
  WireMessage message;
  switch (request.op) {
  case WorkerOp::kCompile:
    header["kernel"] = kernelName(request.config);
    header["allow_spills"] = request.options.allow_spills;
    break;
  case WorkerOp::kStage:
    header["kernel"] = kernelName(request.config);
    header["stage"] = toString(request.stage);
    break;
  case WorkerOp::kDisassemble:
    message.payload = request.payload;
    break;
  case WorkerOp::kFingerprint:
  case WorkerOp::kFindHiprtc:
    break;
  case WorkerOp::kProbeHiprtc:
    header["library"] = request.library;
    header["target"] = request.target;
    break;
  case WorkerOp::kCompileHip:
    header["library"] = request.library;
    header["target"] = request.target;
    header["name"] = request.name;
    header["options"] = request.compiler_options;
    header["with_headers"] = request.with_headers;
    message.payload = request.payload;
    break;
  }
  message.header = dump(header);
  return message;
}

Expected<WorkerRequest> decodeRequest(WireMessage message) {
  auto header = parseHeader(message.header);
  if (!header)
    return malformed("the request's header is not a JSON object");
  const auto op_name = stringField(*header, "op");
  const auto op = op_name ? valueOf(kOps, *op_name) : std::nullopt;
  if (!op)
    return malformed("the request has no known \"op\"");

  WorkerRequest request{.op = *op};
  if (*op == WorkerOp::kCompile || *op == WorkerOp::kStage) {
    const auto name = stringField(*header, "kernel");
    if (!name)
      return malformed("the request has no \"kernel\"");
    auto config = parseKernelName(*name);
    if (!config)
      return tl::unexpected(config.error());
    request.config = *config;
  }
  if (*op == WorkerOp::kCompile) {
    const auto allow_spills = boolField(*header, "allow_spills");
    if (!allow_spills)
      return malformed("the request has no \"allow_spills\"");
    request.options.allow_spills = *allow_spills;
  }
  if (*op == WorkerOp::kStage) {
    const auto stage_name = stringField(*header, "stage");
    const auto stage = stage_name ? parseStage(*stage_name) : std::nullopt;
    if (!stage)
      return malformed("the request has no known \"stage\"");
    request.stage = *stage;
  }
  if (*op == WorkerOp::kProbeHiprtc || *op == WorkerOp::kCompileHip) {
    auto library = stringField(*header, "library");
    auto target = stringField(*header, "target");
    if (!library || !target)
      return malformed("the request has no \"library\" or no \"target\"");
    request.library = std::move(*library);
    request.target = std::move(*target);
  }
  if (*op == WorkerOp::kCompileHip) {
    auto name = stringField(*header, "name");
    auto options = stringsField(*header, "options");
    const auto with_headers = boolField(*header, "with_headers");
    if (!name || !options || !with_headers)
      return malformed("the request has no \"name\", no \"options\" or no \"with_headers\"");
    request.with_headers = *with_headers;
    request.name = std::move(*name);
    request.compiler_options = std::move(*options);
  }
  if (*op == WorkerOp::kDisassemble || *op == WorkerOp::kCompileHip)
    request.payload = std::move(message.payload);
  return request;
}

WireMessage encodeResponse(const Expected<WorkerResponse> &response) {
  WireMessage message;
  json header{{"ok", response.has_value()}};
  if (response) {
    header["seconds"] = response->seconds;
    header["log"] = response->log.substr(0, kMaxText);
    header["identity"] = response->identity.substr(0, kMaxText);
    header["files"] = response->files;
    message.payload = response->payload;
  } else {
    const Error &error = response.error();
    header["error"] = json{{"kind", nameOf(kErrorKinds, error.kind)},
                           {"message", error.message.substr(0, kMaxText)},
                           {"where", error.where.substr(0, kMaxText)}};
  }
  message.header = dump(header);
  return message;
}

Expected<Expected<WorkerResponse>> decodeResponse(WireMessage message) {
  auto header = parseHeader(message.header);
  if (!header)
    return malformed("the response's header is not a JSON object");
  const auto ok = boolField(*header, "ok");
  if (!ok)
    return malformed("the response has no \"ok\"");
  if (*ok) {
    WorkerResponse response;
    if (auto it = header->find("seconds"); it != header->end() && it->is_number())
      response.seconds = it->get<double>();
    response.log = stringField(*header, "log").value_or("");
    response.identity = stringField(*header, "identity").value_or("");
    response.files = stringsField(*header, "files").value_or(std::vector<std::string>());
    response.payload = std::move(message.payload);
    return Expected<WorkerResponse>(std::move(response));
  }
  const auto it = header->find("error");
  if (it == header->end() || !it->is_object())
    return malformed("the response is neither a result nor an error");
  Error error;
  error.kind =
      valueOf(kErrorKinds, stringField(*it, "kind").value_or("")).value_or(ErrorKind::kInternal);
  error.message = stringField(*it, "message").value_or("the worker gave no reason");
  error.where = stringField(*it, "where").value_or("");
  return Expected<WorkerResponse>(tl::unexpected(std::move(error)));
}

} // namespace gemmsmith
