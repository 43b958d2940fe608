// The protocol of the compile service: what goes in comes out, and anything else is refused.
#include "tests/cache/damage.h"
#include "tests/runtime/service/feed_bytes.h"

#include "configs/kernel_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

namespace gemmsmith {
namespace {

using testing::HasSubstr;

constexpr const char *kKernel = "gemm_gfx950_bf16_bf16_ring_t16x64x64_s2_w1x1x1";

CompileRequest sampleRequest() {
  return {.config = parseKernelName(kKernel).value(),
          .target_id = "gfx950:sramecc+:xnack-",
          .allow_spills = true};
}

std::vector<std::byte> bytesOf(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

// One of every kind, as it travels.
std::vector<std::string> samples() {
  std::vector<std::string> all{encoded(encodeRequest(sampleRequest()), kRequestLimits),
                               encoded(encodeRequest(StatusRequest{}), kRequestLimits)};
  for (ServiceResponse response :
       {ServiceResponse(EntryResponse{.entry = bytesOf("the bytes of an entry"),
                                      .origin = ServiceOrigin::kRemote,
                                      .compile_time = std::chrono::nanoseconds(12345)}),
        ServiceResponse(Error{ErrorKind::kIllegal, "too tall\nby far", "row 7"}),
        ServiceResponse(BusyResponse{}), ServiceResponse(StatusResponse{"{\"pid\": 7}"})})
    all.push_back(encoded(encodeResponse(std::move(response)), kResponseLimits));
  return all;
}

Expected<ServiceResponse> roundTrip(ServiceResponse response) {
  return decodeResponse(encodeResponse(std::move(response)));
}

Expected<void> readPrefix(const std::string &bytes, const MessageLimits &limits = kRequestLimits) {
  MessageReader reader(limits);
  return reader.append(std::as_bytes(std::span(bytes)));
}

TEST(ServiceProtocol, RequestsComeBackEqual) {
  const ServiceRequest request = sampleRequest();
  EXPECT_EQ(decodeRequest(encodeRequest(request)), request);
  EXPECT_EQ(decodeRequest(encodeRequest(StatusRequest{})), ServiceRequest(StatusRequest{}));
}

TEST(ServiceProtocol, AnEntryComesBackEqual) {
  const auto response = roundTrip(EntryResponse{.entry = bytesOf("bytes"),
                                                .origin = ServiceOrigin::kDisk,
                                                .compile_time = std::chrono::nanoseconds(7)});
  ASSERT_TRUE(response);
  const auto &entry = std::get<EntryResponse>(*response);
  EXPECT_EQ(entry.entry, bytesOf("bytes"));
  EXPECT_EQ(entry.origin, ServiceOrigin::kDisk);
  EXPECT_EQ(entry.compile_time.count(), 7);
}

TEST(ServiceProtocol, AnErrorComesBackEqual) {
  const auto response = roundTrip(Error{ErrorKind::kFailed, "line one\nline two", "here"});
  ASSERT_TRUE(response);
  const auto &error = std::get<Error>(*response);
  EXPECT_EQ(error.kind, ErrorKind::kFailed);
  EXPECT_EQ(error.str(), "here: line one\nline two");
}

TEST(ServiceProtocol, AnEndlessErrorLosesItsEnd) {
  const auto response =
      roundTrip(Error{ErrorKind::kFailed, std::string(1 << 20, 'm'), std::string(1 << 20, 'w')});
  ASSERT_TRUE(response);
  EXPECT_EQ(std::get<Error>(*response).message, std::string(64 << 10, 'm'));
  EXPECT_EQ(std::get<Error>(*response).where, std::string(64 << 10, 'w'));
}

TEST(ServiceProtocol, AnotherVersionIsSaidInASentence) {
  std::string bytes = samples().front();
  bytes[4] = 2;
  const auto read = readPrefix(bytes.substr(0, 8));
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, HasSubstr("speaks version 2 of the compile service's protocol "
                                              "and this one version 1"));
}

TEST(ServiceProtocol, SomethingElseIsRefusedWithItsFirstByte) {
  EXPECT_FALSE(readPrefix("H"));
  EXPECT_FALSE(readPrefix("GET / HTTP/1.1\r\n"));
  EXPECT_TRUE(readPrefix("G"));
}

TEST(ServiceProtocol, ARequestBeyond8KiBIsRefusedByItsPrefix) {
  const auto prefix = [](std::uint32_t header_bytes, std::uint32_t payload_bytes) {
    std::string bytes = "GSRV";
    for (const std::uint32_t field : {kServiceVersion, header_bytes, payload_bytes})
      for (int shift = 0; shift < 32; shift += 8)
        bytes += static_cast<char>(field >> shift);
    return bytes;
  };
  EXPECT_TRUE(readPrefix(prefix((8 << 10) - 16, 0)));
  EXPECT_FALSE(readPrefix(prefix((8 << 10) - 15, 0)));
  EXPECT_FALSE(readPrefix(prefix(100, 1)));
  EXPECT_FALSE(readPrefix(prefix(0, 0)));
  EXPECT_FALSE(readPrefix(prefix(0xffffffff, 0xffffffff)));
  EXPECT_TRUE(readPrefix(prefix(100, kMaxEntryBytes), kResponseLimits));
  EXPECT_FALSE(readPrefix(prefix(100, kMaxEntryBytes + 1), kResponseLimits));
}

TEST(ServiceProtocol, EveryTruncationIsReadOrRefused) {
  for (const std::string &good : samples())
    for (std::size_t size = 0; size <= good.size(); ++size) {
      feedService(std::string_view(good).substr(0, size));
      feedService(std::string_view(good).substr(size));
      feedService(good + good.substr(0, size));
    }
}

TEST(ServiceProtocol, DamagedMessagesAreReadOrRefused) {
  std::mt19937 random(1);
  const auto good = samples();
  for (int i = 0; i < 50000; ++i)
    feedService(damaged(good[random() % good.size()], random));
}

} // namespace
} // namespace gemmsmith
