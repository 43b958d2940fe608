#include "runtime/service/service_protocol.h"

#include "configs/kernel_name.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <fmt/format.h>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace gemmsmith {

namespace {

constexpr std::size_t kMaxTargetIdBytes = 256;
constexpr std::size_t kMaxErrorBytes = 64 << 10; // of each of its two texts

constexpr std::string_view kCompile = "compile";
constexpr std::string_view kStatus = "status";
constexpr std::string_view kEntry = "entry";
constexpr std::string_view kError = "error";
constexpr std::string_view kBusy = "busy";

template <typename T, std::size_t N> using Names = std::array<std::pair<T, std::string_view>, N>;

constexpr Names<ErrorKind, 5> kErrorKinds{{{ErrorKind::kUsage, "usage"},
                                           {ErrorKind::kInput, "input"},
                                           {ErrorKind::kIllegal, "illegal"},
                                           {ErrorKind::kFailed, "failed"},
                                           {ErrorKind::kInternal, "internal"}}};
constexpr Names<ServiceOrigin, 4> kOrigins{{{ServiceOrigin::kCompiled, "compiled"},
                                            {ServiceOrigin::kBundle, "bundle"},
                                            {ServiceOrigin::kDisk, "disk"},
                                            {ServiceOrigin::kRemote, "remote"}}};
constexpr Names<bool, 2> kBooleans{{{false, "no"}, {true, "yes"}}};

template <typename T, std::size_t N>
constexpr std::string_view nameOf(const Names<T, N> &names, T value) {
  for (const auto &[known, name] : names)
    if (known == value)
      return name;
  return names.back().second;
}

template <typename T, std::size_t N>
std::optional<T> valueOf(const Names<T, N> &names, std::string_view text) {
  for (const auto &[value, name] : names)
    if (name == text)
      return value;
  return std::nullopt;
}

tl::unexpected<Error> malformed(std::string_view what) {
  return makeError(ErrorKind::kInput,
                   fmt::format("not a {} of the compile service's protocol", what));
}

// The lines of a header, taken from its begin.
class Lines {
public:
  explicit Lines(std::string_view text) : rest_(text) {}

  // The next line if it is this word alone.
  bool takeWord(std::string_view word) {
    const auto line = next();
    return line && *line == word;
  }
  // Of a line that is `name`, a space and a value.
  std::optional<std::string_view> takeValue(std::string_view name) {
    auto line = next();
    if (!line || !line->starts_with(name) || !line->substr(name.size()).starts_with(' '))
      return std::nullopt;
    return line->substr(name.size() + 1);
  }
  template <typename T, std::size_t N>
  std::optional<T> takeName(std::string_view name, const Names<T, N> &names) {
    const auto value = takeValue(name);
    return value ? valueOf(names, *value) : std::nullopt;
  }
  std::optional<std::uint64_t> takeNumber(std::string_view name) {
    const auto text = takeValue(name);
    if (!text || text->empty() || (text->front() == '0' && text->size() > 1))
      return std::nullopt;
    std::uint64_t value = 0;
    const auto [stop, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    const bool whole = stop == text->data() + text->size();
    return error == std::errc() && whole ? std::optional(value) : std::nullopt;
  }
  bool atEnd() const { return rest_.empty(); }

private:
  std::optional<std::string_view> next() {
    const auto end = rest_.find('\n');
    if (end == std::string_view::npos)
      return std::nullopt;
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return line;
  }

  std::string_view rest_;
};

// The first line, which says what the rest is.
std::string_view wordOf(std::string_view header) {
  return header.substr(0, header.find('\n'));
}

std::vector<std::byte> bytesOf(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

std::string textOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

bool isPlainWord(std::string_view text) {
  return !text.empty() && text.size() <= kMaxTargetIdBytes &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

struct ResponseEncoder {
  ServiceMessage operator()(EntryResponse &&response) const {
    return {.header = fmt::format("{}\norigin {}\nnanoseconds {}\n", kEntry,
                                  nameOf(kOrigins, response.origin),
                                  std::max<std::int64_t>(0, response.compile_time.count())),
            .payload = std::move(response.entry)};
  }
  ServiceMessage operator()(Error &&error) const {
    error.where.resize(std::min(error.where.size(), kMaxErrorBytes));
    error.message.resize(std::min(error.message.size(), kMaxErrorBytes));
    return {.header = fmt::format("{}\nkind {}\nwhere_bytes {}\n", kError,
                                  nameOf(kErrorKinds, error.kind), error.where.size()),
            .payload = bytesOf(error.where + error.message)};
  }
  ServiceMessage operator()(BusyResponse &&) const {
    return {.header = fmt::format("{}\n", kBusy), .payload = {}};
  }
  ServiceMessage operator()(StatusResponse &&response) const {
    return {.header = fmt::format("{}\n", kStatus), .payload = bytesOf(response.json)};
  }
};

Expected<ServiceResponse> decodeEntryResponse(Lines lines, ServiceMessage &message) {
  const auto origin = lines.takeName("origin", kOrigins);
  const auto nanoseconds = lines.takeNumber("nanoseconds");
  if (!origin || !nanoseconds || !lines.atEnd() || message.payload.empty() ||
      *nanoseconds > std::uint64_t{std::numeric_limits<std::int64_t>::max()})
    return malformed("response");
  return EntryResponse{.entry = std::move(message.payload),
                       .origin = *origin,
                       .compile_time = std::chrono::nanoseconds(*nanoseconds)};
}

Expected<ServiceResponse> decodeError(Lines lines, const ServiceMessage &message) {
  const auto kind = lines.takeName("kind", kErrorKinds);
  const auto where_bytes = lines.takeNumber("where_bytes");
  const std::size_t bytes = message.payload.size();
  if (!kind || !where_bytes || !lines.atEnd() || *where_bytes > bytes ||
      *where_bytes > kMaxErrorBytes || bytes - *where_bytes > kMaxErrorBytes)
    return malformed("response");
  const std::string text = textOf(message.payload);
  return Error{
      .kind = *kind, .message = text.substr(*where_bytes), .where = text.substr(0, *where_bytes)};
}

} // namespace

ServiceMessage encodeRequest(const ServiceRequest &request) {
  const auto *compile = std::get_if<CompileRequest>(&request);
  if (compile == nullptr)
    return {.header = fmt::format("{}\n", kStatus), .payload = {}};
  return {.header = fmt::format("{}\nkernel {}\ntarget {}\nallow_spills {}\n", kCompile,
                                kernelName(compile->config), compile->target_id,
                                nameOf(kBooleans, compile->allow_spills)),
          .payload = {}};
}

Expected<ServiceRequest> decodeRequest(const ServiceMessage &message) {
  Lines lines(message.header);
  const std::string_view word = wordOf(message.header);
  if (!lines.takeWord(word) || !message.payload.empty())
    return malformed("request");
  if (word == kStatus && lines.atEnd())
    return StatusRequest{};
  if (word != kCompile)
    return malformed("request");
  const auto kernel = lines.takeValue("kernel");
  const auto target_id = lines.takeValue("target");
  const auto allow_spills = lines.takeName("allow_spills", kBooleans);
  if (!kernel || !target_id || !isPlainWord(*target_id) || !allow_spills || !lines.atEnd())
    return malformed("request");
  auto config = parseKernelName(*kernel);
  if (!config)
    return tl::unexpected(config.error());
  return CompileRequest{
      .config = *config, .target_id = std::string(*target_id), .allow_spills = *allow_spills};
}

ServiceMessage encodeResponse(ServiceResponse response) {
  return std::visit(ResponseEncoder{}, std::move(response));
}

Expected<ServiceResponse> decodeResponse(ServiceMessage message) {
  const std::string header = message.header;
  Lines lines(header);
  const std::string_view word = wordOf(header);
  if (!lines.takeWord(word))
    return malformed("response");
  if (word == kEntry)
    return decodeEntryResponse(lines, message);
  if (word == kError)
    return decodeError(lines, message);
  if (word == kBusy && lines.atEnd() && message.payload.empty())
    return BusyResponse{};
  if (word == kStatus && lines.atEnd())
    return StatusResponse{.json = textOf(message.payload)};
  return malformed("response");
}

std::string_view toString(ServiceOrigin origin) {
  return nameOf(kOrigins, origin);
}

} // namespace gemmsmith
