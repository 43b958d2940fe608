// The compile service against clients that do what no client should: it keeps serving the others,
// and keeps nothing of them.
#include "runtime/service/service_protocol.h"
#include "tests/tools/service_fixture.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <random>
#include <span>
#include <sys/resource.h>

namespace gemmsmith {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

class HostileTraffic : public ServiceTest {
protected:
  void SetUp() override {
    ServiceTest::SetUp();
    const rlimit limit{4096, 4096};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    service_ = &start({"--workers", "1"}, faulty("slow gemm"));
    compileOne();
    descriptors_ = descriptors();
    kilobytes_ = kilobytes();
  }
  // Every test's: the others are served, and nothing is left.
  void TearDown() override {
    EXPECT_TRUE(isAlive(service_->pid()));
    compileOne();
    EXPECT_TRUE(comesTrue([&] { return descriptors() <= descriptors_; }))
        << descriptors() << " of " << descriptors_;
    EXPECT_LT(kilobytes(), kilobytes_ + 16 * 1024);
    ServiceTest::TearDown();
  }

  void compileOne() const {
    const auto begin = steady_clock::now();
    EXPECT_EQ(failure(ServiceClient(clientOptions()).compile(kernelNumber(0), "gfx950", false)),
              "");
    EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(20));
  }
  std::size_t descriptors() const {
    const std::string path = "/proc/" + std::to_string(service_->pid()) + "/fd";
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(path), fs::directory_iterator()));
  }
  long kilobytes() const {
    std::ifstream status("/proc/" + std::to_string(service_->pid()) + "/status");
    std::string word;
    while (status >> word)
      if (word == "VmRSS:" && status >> word)
        return std::stol(word);
    return -1;
  }

  FileDescriptor connected() const {
    FileDescriptor fd;
    comesTrue([&] {
      fd = std::move(connectToService(socket_)).value();
      return fd.get() >= 0;
    });
    ::fcntl(fd.get(), F_SETFL, 0);
    const timeval limit{15, 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return fd;
  }
  // How many went.
  static std::size_t sendTo(const FileDescriptor &fd, std::string_view bytes) {
    const ssize_t n = ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return n < 0 ? 0 : static_cast<std::size_t>(n);
  }
  // Of the next response; empty when the connection ends, "late" when nothing comes.
  static std::string receiveWord(const FileDescriptor &fd) {
    MessageReader reader(kResponseLimits);
    std::array<std::byte, 4096> buffer;
    while (!reader.isComplete()) {
      const ssize_t n =
          ::recv(fd.get(), buffer.data(), std::min(buffer.size(), reader.wanted()), 0);
      if (n < 0 && errno == EAGAIN)
        return "late";
      if (n <= 0 || !reader.append(std::span(buffer).first(static_cast<std::size_t>(n))))
        return "";
    }
    const std::string header = reader.take().header;
    return header.substr(0, header.find('\n'));
  }
  static std::string bytesOf(const ServiceRequest &request) {
    const auto bytes = encodeMessage(encodeRequest(request), kRequestLimits).value();
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
  }
  static std::string compileRequest(int kernel) {
    return bytesOf(CompileRequest{
        .config = kernelNumber(kernel), .target_id = "gfx950", .allow_spills = false});
  }

  Program *service_ = nullptr;
  std::size_t descriptors_ = 0;
  long kilobytes_ = 0;
};

TEST_F(HostileTraffic, RandomBytes) {
  std::mt19937 random(1);
  for (int i = 0; i < 500; ++i) {
    std::string bytes(random() % 20000, '\0');
    for (char &byte : bytes)
      byte = static_cast<char>(random());
    // Every other one begins as a message would.
    if (i % 2 == 0 && bytes.size() > 16)
      bytes.replace(0, 16, compileRequest(0).substr(0, 16));
    sendTo(connected(), bytes);
  }
}

TEST_F(HostileTraffic, AHugeMessageIsRefusedByItsPrefix) {
  const FileDescriptor fd = connected();
  std::string prefix = compileRequest(0).substr(0, 8);
  prefix += std::string(8, '\xff');
  sendTo(fd, prefix);
  EXPECT_EQ(receiveWord(fd), "error");
  EXPECT_EQ(receiveWord(fd), "");
}

TEST_F(HostileTraffic, AnotherVersionIsToldSo) {
  const FileDescriptor fd = connected();
  std::string request = compileRequest(0);
  request[4] = 9;
  sendTo(fd, request.substr(0, 8));
  std::array<char, 4096> buffer;
  const ssize_t n = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
  ASSERT_GT(n, 0);
  EXPECT_THAT(std::string(buffer.data(), static_cast<std::size_t>(n)),
              testing::HasSubstr("speaks version 9 of the compile service's protocol"));
}

TEST_F(HostileTraffic, OneByteAtATimeIsServed) {
  const FileDescriptor fd = connected();
  for (const char byte : compileRequest(0))
    ASSERT_EQ(sendTo(fd, std::string_view(&byte, 1)), 1u);
  EXPECT_EQ(receiveWord(fd), "entry");
}

TEST_F(HostileTraffic, InterleavedPartsOfManyRequestsAreServed) {
  std::vector<FileDescriptor> clients;
  for (int i = 0; i < 200; ++i)
    clients.push_back(connected());
  const std::string request = compileRequest(0);
  for (std::size_t at = 0; at < request.size(); at += 7)
    for (const FileDescriptor &client : clients)
      sendTo(client, std::string_view(request).substr(at, 7));
  for (const FileDescriptor &client : clients)
    EXPECT_EQ(receiveWord(client), "entry");
}

TEST_F(HostileTraffic, WhoWillSayNoMoreIsAnswered) {
  const FileDescriptor fd = connected();
  sendTo(fd, compileRequest(1)); // compiled, slowly
  ::shutdown(fd.get(), SHUT_WR);
  EXPECT_EQ(receiveWord(fd), "entry");
  EXPECT_EQ(receiveWord(fd), "");
}

TEST_F(HostileTraffic, WhoLeavesBeforeTheAnswerIsForgotten) {
  for (int i = 0; i < 200; ++i)
    sendTo(connected(), compileRequest(2));
  // The kernel is compiled all the same, once.
  EXPECT_TRUE(comesTrue([&] { return status()["compiles"] == 2; }));
  EXPECT_TRUE(comesTrue([&] { return hasJobs(0); }));
  EXPECT_EQ(status()["compiles"], 2);
}

TEST_F(HostileTraffic, TwoThousandConnectionsLeaveRoom) {
  std::vector<FileDescriptor> clients;
  for (int i = 0; i < 2000; ++i)
    clients.push_back(connected());
  // Those beyond the limit are told to come again.
  EXPECT_EQ(receiveWord(clients.back()), "busy");
  EXPECT_EQ(receiveWord(clients.back()), "");
  sendTo(clients.front(), compileRequest(0));
  EXPECT_EQ(receiveWord(clients.front()), "entry");
}

TEST_F(HostileTraffic, WhoAsksAndNeverReadsIsNotReadFromEither) {
  const FileDescriptor fd = connected();
  ::fcntl(fd.get(), F_SETFL, O_NONBLOCK);
  const std::string request = compileRequest(0);
  std::size_t sent = 0, before = 0;
  // Until nothing goes any more: the buffers of both directions are full.
  for (int quiet = 0; quiet < 40; quiet = sent == before ? quiet + 1 : 0) {
    before = sent;
    while (sendTo(fd, request) == request.size())
      sent += request.size();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_LT(sent, 4u << 20);
  compileOne();
}

TEST_F(HostileTraffic, AnIncompleteRequestEndsAfterTenSeconds) {
  const FileDescriptor slow = connected(), idle = connected();
  sendTo(slow, compileRequest(0).substr(0, 20));
  const auto begin = steady_clock::now();
  EXPECT_EQ(receiveWord(slow), "");
  EXPECT_GT(steady_clock::now() - begin, std::chrono::seconds(9));
  sendTo(idle, compileRequest(0));
  EXPECT_EQ(receiveWord(idle), "entry") << "who has asked nothing may wait";
}

TEST_F(HostileTraffic, AnotherUserIsRefused) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "only root can become another user";
  // Even where the file system would let it in.
  for (const std::string &path : {folder_.path(), run_, socket_})
    fs::permissions(path, fs::perms::others_exec | fs::perms::others_read, fs::perm_options::add);
  fs::permissions(socket_, fs::perms::others_write, fs::perm_options::add);
  const int good = countGood(1, [&](int) {
    if (::setegid(65534) != 0 || ::seteuid(65534) != 0)
      return false;
    FileDescriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_un address = socketAddress(socket_);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
      return false;
    sendTo(fd, bytesOf(StatusRequest{}));
    return receiveWord(fd).empty();
  });
  EXPECT_EQ(good, 1);
  EXPECT_EQ(status()["refused_connections"], 1);
}

} // namespace
} // namespace gemmsmith
