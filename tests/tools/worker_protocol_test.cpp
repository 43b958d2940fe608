#include "compiler/worker_protocol.h"
#include "configs/kernel_name.h"

#include <array>
#include <cstring>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace gemmsmith {
namespace {

using testing::HasSubstr;

KernelConfig someConfig() {
  KernelConfig config;
  config.tile = {16, 64, 128};
  config.stages = 7;
  config.waves = {1, 1, 2};
  config.split = Split::kReduce;
  config.bias = true;
  return config;
}

std::vector<std::byte> bytesOf(std::string_view text) {
  const auto *bytes = reinterpret_cast<const std::byte *>(text.data());
  return {bytes, bytes + text.size()};
}

std::array<std::byte, kWirePrefixBytes> prefixOf(std::uint32_t header, std::uint32_t payload) {
  std::array<std::byte, kWirePrefixBytes> prefix;
  std::memcpy(prefix.data(), &header, 4);
  std::memcpy(prefix.data() + 4, &payload, 4);
  return prefix;
}

TEST(WorkerProtocol, CompileRequestRoundTrips) {
  const WorkerRequest request{
      .op = WorkerOp::kCompile, .config = someConfig(), .options = {.allow_spills = true}};
  const auto decoded = decodeRequest(encodeRequest(request));
  ASSERT_TRUE(decoded) << decoded.error().str();
  EXPECT_EQ(decoded->op, WorkerOp::kCompile);
  EXPECT_EQ(decoded->config, request.config);
  EXPECT_TRUE(decoded->options.allow_spills);
}

TEST(WorkerProtocol, EveryStageRoundTrips) {
  for (const Stage stage :
       {Stage::kGemm, Stage::kTile, Stage::kScheduled, Stage::kLlvm, Stage::kAsm}) {
    const auto decoded = decodeRequest(
        encodeRequest({.op = WorkerOp::kStage, .config = someConfig(), .stage = stage}));
    ASSERT_TRUE(decoded) << decoded.error().str();
    EXPECT_EQ(decoded->stage, stage);
    EXPECT_EQ(parseStage(toString(stage)), stage);
  }
}

TEST(WorkerProtocol, DisassembleRequestCarriesTheCodeObject) {
  const auto object = bytesOf(std::string_view("\x7f"
                                               "ELF\0\xff",
                                               6));
  const auto decoded =
      decodeRequest(encodeRequest({.op = WorkerOp::kDisassemble, .payload = object}));
  ASSERT_TRUE(decoded) << decoded.error().str();
  EXPECT_EQ(decoded->payload, object);
}

TEST(WorkerProtocol, ProbeRequestRoundTrips) {
  const auto decoded = decodeRequest(encodeRequest(
      {.op = WorkerOp::kProbeHiprtc, .library = "libhiprtc.so.7", .target = "gfx950"}));
  ASSERT_TRUE(decoded) << decoded.error().str();
  EXPECT_EQ(decoded->op, WorkerOp::kProbeHiprtc);
  EXPECT_EQ(decoded->library, "libhiprtc.so.7");
  EXPECT_EQ(decoded->target, "gfx950");
}

TEST(WorkerProtocol, CompileHipRequestRoundTrips) {
  const WorkerRequest request{.op = WorkerOp::kCompileHip,
                              .payload = bytesOf("source"),
                              .library = "/opt/rocm/lib/libhiprtc.so.7",
                              .target = "gfx950",
                              .name = "a_kernel",
                              .compiler_options = {"-mllvm", "-option"},
                              .with_headers = true};
  const auto decoded = decodeRequest(encodeRequest(request));
  ASSERT_TRUE(decoded) << decoded.error().str();
  EXPECT_EQ(decoded->op, WorkerOp::kCompileHip);
  EXPECT_EQ(decoded->payload, request.payload);
  EXPECT_EQ(decoded->library, request.library);
  EXPECT_EQ(decoded->target, request.target);
  EXPECT_EQ(decoded->name, request.name);
  EXPECT_EQ(decoded->compiler_options, request.compiler_options);
  EXPECT_EQ(decoded->with_headers, request.with_headers);
}

TEST(WorkerProtocol, RequestsWithoutContentRoundTrip) {
  for (const WorkerOp op : {WorkerOp::kFingerprint, WorkerOp::kFindHiprtc}) {
    const auto decoded = decodeRequest(encodeRequest({.op = op}));
    ASSERT_TRUE(decoded) << decoded.error().str();
    EXPECT_EQ(decoded->op, op);
  }
}

TEST(WorkerProtocol, ResponseRoundTrips) {
  const WorkerResponse response{bytesOf("object"), 0.5, "a warning", "compiler 7"};
  const auto decoded = decodeResponse(encodeResponse(response));
  ASSERT_TRUE(decoded && *decoded);
  EXPECT_EQ((*decoded)->payload, response.payload);
  EXPECT_EQ((*decoded)->seconds, 0.5);
  EXPECT_EQ((*decoded)->log, "a warning");
  EXPECT_EQ((*decoded)->identity, "compiler 7");
}

TEST(WorkerProtocol, EndlessLogsStillTravel) {
  const WorkerResponse response{.log = std::string(10u << 20, '\n')};
  const auto message = encodeResponse(response);
  EXPECT_LE(message.header.size(), kMaxHeaderBytes);
  EXPECT_TRUE(decodeResponse(message));
}

TEST(WorkerProtocol, ErrorsKeepKindTextAndPlace) {
  const auto decoded =
      decodeResponse(encodeResponse(makeError(ErrorKind::kIllegal, "no LDS left", "t.csv:3")));
  ASSERT_TRUE(decoded) << decoded.error().str();
  ASSERT_FALSE(*decoded);
  EXPECT_EQ(decoded->error().kind, ErrorKind::kIllegal);
  EXPECT_EQ(decoded->error().str(), "t.csv:3: no LDS left");
}

TEST(WorkerProtocol, DiagnosticsThatAreNotUtf8OrEndlessStillTravel) {
  const auto message = encodeResponse(
      makeError(ErrorKind::kFailed, "\xff\xfe" + std::string(10u << 20, 'x'), "kernel"));
  EXPECT_LE(message.header.size(), kMaxHeaderBytes);
  const auto decoded = decodeResponse(message);
  ASSERT_TRUE(decoded) << decoded.error().str();
  EXPECT_THAT(decoded->error().message, HasSubstr("xxx"));
}

TEST(WorkerProtocol, PrefixesBeyondTheLimitsAreRefused) {
  EXPECT_TRUE(decodePrefix(prefixOf(2, 0)));
  EXPECT_TRUE(decodePrefix(prefixOf(kMaxHeaderBytes, kMaxPayloadBytes)));
  EXPECT_FALSE(decodePrefix(prefixOf(0, 0)));
  EXPECT_FALSE(decodePrefix(prefixOf(kMaxHeaderBytes + 1, 0)));
  EXPECT_FALSE(decodePrefix(prefixOf(2, kMaxPayloadBytes + 1)));
}

TEST(WorkerProtocol, RequestsOfTheWrongShapeAreErrors) {
  for (
      const char *header :
      {"", "7", "[]", "{", "{}", R"({"op": 3})", R"({"op": "paint"})", R"({"op": "compile"})",
       R"({"op": "compile", "kernel": "nonsense", "allow_spills": false})",
       R"({"op": "compile", "kernel": 5, "allow_spills": false})",
       R"({"op": "stage", "kernel": "gemm_gfx950_bf16_bf16_ring_t16x64x64_s2_w1x1x1"})",
       R"({"op": "probe_hiprtc", "library": "x"})",
       R"({"op": "probe_hiprtc", "library": "x", "target": 950})",
       R"({"op": "compile_hip", "library": "x", "target": "gfx950", "name": "k"})",
       R"({"op": "compile_hip", "library": "x", "target": "gfx950", "options": []})",
       R"({"op": "compile_hip", "library": "x", "target": "gfx950", "name": "k", "options": 1})",
       R"({"op": "compile_hip", "library": "x", "target": "gfx950", "name": "k", "options": [1]})"}) {
    EXPECT_FALSE(decodeRequest({header, {}})) << header;
  }
}

TEST(WorkerProtocol, ResponsesOfTheWrongShapeAreErrors) {
  for (const char *header : {"", "null", "{}", R"({"ok": 1})", R"({"ok": false})",
                             R"({"ok": false, "error": "because"})"})
    EXPECT_FALSE(decodeResponse({header, {}})) << header;
}

// Nothing a worker can send may take the parent down.
TEST(WorkerProtocol, AnyHeaderIsAcceptableInput) {
  std::mt19937 random(2);
  const std::string valid = encodeResponse(makeError(ErrorKind::kFailed, "text", "place")).header;
  const std::string request =
      encodeRequest({.op = WorkerOp::kCompile, .config = someConfig()}).header;
  const std::string hip =
      encodeRequest({.op = WorkerOp::kCompileHip, .compiler_options = {"-a", "-b"}}).header;
  for (int i = 0; i < 30000; ++i) {
    std::string text = i % 3 == 0 ? valid : i % 3 == 1 ? request : hip;
    for (unsigned edits = random() % 4 + 1; edits > 0; --edits)
      text[random() % text.size()] = static_cast<char>(random());
    text.resize(random() % (text.size() + 1));
    (void)decodeResponse({text, {}});
    (void)decodeRequest({text, {}});
  }
}

class WorkerSocket : public testing::Test {
protected:
  void SetUp() override { ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends_), 0); }
  void TearDown() override {
    ::close(ends_[0]);
    if (ends_[1] >= 0)
      ::close(ends_[1]);
  }
  void closeSender() {
    ::close(ends_[1]);
    ends_[1] = -1;
  }
  int ends_[2] = {-1, -1};
};

TEST_F(WorkerSocket, CarriesAMessageLargerThanItsBuffer) {
  const WireMessage sent{R"({"ok": true})", std::vector<std::byte>(8u << 20, std::byte{0xa5})};
  std::thread sender([&] { EXPECT_TRUE(sendMessage(ends_[1], sent)); });
  const auto received = receiveMessage(ends_[0]);
  sender.join();
  ASSERT_TRUE(received) << received.error().str();
  ASSERT_TRUE(*received);
  EXPECT_EQ((*received)->header, sent.header);
  EXPECT_EQ((*received)->payload, sent.payload);
}

TEST_F(WorkerSocket, EndBetweenMessagesIsNoError) {
  closeSender();
  const auto received = receiveMessage(ends_[0]);
  ASSERT_TRUE(received) << received.error().str();
  EXPECT_FALSE(*received);
}

TEST_F(WorkerSocket, EndInsideAMessageIsAnError) {
  const auto bytes = *encodeMessage({"{}", bytesOf("payload")});
  ASSERT_EQ(::send(ends_[1], bytes.data(), bytes.size() - 3, 0), ssize_t(bytes.size() - 3));
  closeSender();
  EXPECT_FALSE(receiveMessage(ends_[0]));
}

} // namespace
} // namespace gemmsmith
