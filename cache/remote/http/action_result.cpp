#include "cache/remote/http/action_result.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace gemmsmith {

namespace {

// Field numbers of the messages in the header.
constexpr std::uint32_t kOutputFiles = 2;
constexpr std::uint32_t kOutputPath = 1;
constexpr std::uint32_t kOutputDigest = 2;
constexpr std::uint32_t kDigestHash = 1;
constexpr std::uint32_t kDigestSize = 2;

constexpr std::size_t kSha256Digits = 64;

enum class WireType : std::uint8_t {
  kVarint = 0,
  kFixed64 = 1,
  kLengthDelimited = 2,
  kGroupStart = 3,
  kGroupEnd = 4,
  kFixed32 = 5,
};

struct Field {
  std::uint32_t number = 0;
  WireType type = WireType::kVarint;
  std::uint64_t value = 0;   // of a varint
  std::string_view contents; // of what has a length
};

// One message's fields, in their order.
class FieldReader {
public:
  explicit FieldReader(std::string_view message) : rest_(message) {}

  // Nothing at the end, and where the message is no message; malformed() tells which.
  std::optional<Field> next() {
    if (rest_.empty() || malformed_)
      return std::nullopt;
    Field field;
    malformed_ = !read(field);
    return malformed_ ? std::nullopt : std::optional(field);
  }
  bool malformed() const { return malformed_; }

private:
  bool readVarint(std::uint64_t &value) {
    constexpr std::uint8_t kMore = 0x80;
    constexpr int kBitsPerByte = 7;
    value = 0;
    for (int shift = 0; shift < 64; shift += kBitsPerByte) {
      if (rest_.empty())
        return false;
      const auto byte = static_cast<std::uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      // Bits beyond the 64th are dropped, as protobuf does.
      value |= static_cast<std::uint64_t>(byte & (kMore - 1)) << shift;
      if ((byte & kMore) == 0)
        return true;
    }
    return false;
  }

  bool readBytes(std::uint64_t size, std::string_view &bytes) {
    if (size > rest_.size())
      return false;
    bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

  bool readTag(Field &field) {
    constexpr int kTypeBits = 3;
    std::uint64_t tag = 0;
    if (!readVarint(tag) || tag > std::numeric_limits<std::uint32_t>::max())
      return false;
    field.number = static_cast<std::uint32_t>(tag) >> kTypeBits;
    field.type = static_cast<WireType>(tag & ((1U << kTypeBits) - 1));
    return field.number != 0;
  }

  bool readValue(Field &field) {
    switch (field.type) {
    case WireType::kVarint:
      return readVarint(field.value);
    case WireType::kFixed64:
      return readBytes(sizeof(std::uint64_t), field.contents);
    case WireType::kFixed32:
      return readBytes(sizeof(std::uint32_t), field.contents);
    case WireType::kLengthDelimited: {
      std::uint64_t size = 0;
      return readVarint(size) && readBytes(size, field.contents);
    }
    case WireType::kGroupStart:
    case WireType::kGroupEnd:
      break; // proto3 has none, and no version of this message ever had
    }
    return false;
  }

  bool read(Field &field) { return readTag(field) && readValue(field); }

  std::string_view rest_;
  bool malformed_ = false;
};

bool isText(const Field &field, std::uint32_t number) {
  return field.number == number && field.type == WireType::kLengthDelimited;
}

// Fields that come twice: the last one counts, and those of messages within are merged, as protobuf
// has it.
bool readDigest(std::string_view message, ActionOutput &output) {
  FieldReader reader(message);
  while (const auto field = reader.next()) {
    if (isText(*field, kDigestHash))
      output.sha256 = field->contents;
    else if (field->number == kDigestSize && field->type == WireType::kVarint)
      output.bytes = field->value;
  }
  return !reader.malformed();
}

bool readOutput(std::string_view message, ActionOutput &output) {
  FieldReader reader(message);
  while (const auto field = reader.next()) {
    if (isText(*field, kOutputPath))
      output.path = field->contents;
    else if (isText(*field, kOutputDigest) && !readDigest(field->contents, output))
      return false;
  }
  return !reader.malformed();
}

bool isSha256(std::string_view text) {
  return text.size() == kSha256Digits && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

void appendVarint(std::string &out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void appendTag(std::string &out, std::uint32_t number, WireType type) {
  appendVarint(out, std::uint64_t{number} << 3 | static_cast<std::uint64_t>(type));
}

void appendText(std::string &out, std::uint32_t number, std::string_view text) {
  appendTag(out, number, WireType::kLengthDelimited);
  appendVarint(out, text.size());
  out += text;
}

} // namespace

std::string writeActionResult(const ActionOutput &output) {
  std::string digest;
  appendText(digest, kDigestHash, output.sha256);
  appendTag(digest, kDigestSize, WireType::kVarint);
  appendVarint(digest, output.bytes);
  std::string file;
  appendText(file, kOutputPath, output.path);
  appendText(file, kOutputDigest, digest);
  std::string result;
  appendText(result, kOutputFiles, file);
  return result;
}

std::optional<ActionOutput> readActionResult(std::span<const std::byte> bytes,
                                             std::string_view path) {
  std::optional<ActionOutput> found;
  FieldReader reader({reinterpret_cast<const char *>(bytes.data()), bytes.size()});
  while (const auto field = reader.next()) {
    if (!isText(*field, kOutputFiles))
      continue;
    ActionOutput output;
    if (!readOutput(field->contents, output))
      return std::nullopt;
    if (output.path != path)
      continue;
    if (found || !isSha256(output.sha256))
      return std::nullopt;
    found = std::move(output);
  }
  return reader.malformed() ? std::nullopt : found;
}

} // namespace gemmsmith
