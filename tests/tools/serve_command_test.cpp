// `gemmsmith serve`: its options, --status, --stop and the metrics.
#include "runtime/service/service_protocol.h"
#include "tests/tools/service_fixture.h"

#include <array>
#include <fcntl.h>
#include <filesystem>
#include <future>
#include <gmock/gmock.h>
#include <httplib.h>
#include <regex>
#include <sstream>

namespace gemmsmith {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class ServeCommand : public ServiceTest {
protected:
  Expected<ServiceAnswer> compile(int kernel) const {
    return ServiceClient(clientOptions()).compile(kernelNumber(kernel), "gfx950", false);
  }
  httplib::Result scrape(const std::string &path) const {
    const std::string address = status()["metrics"];
    httplib::Client client("http://" + address);
    return client.Get(path.c_str());
  }
  // A socket at which the test itself listens, as no service would.
  FileDescriptor listenHere(int backlog) const {
    std::filesystem::create_directory(run_);
    std::filesystem::permissions(run_, std::filesystem::perms::owner_all);
    FileDescriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_un address = socketAddress(socket_);
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(fd.get(), backlog), 0);
    return fd;
  }
  // Answers one request with this status.
  static void answerOne(const FileDescriptor &listener, const std::string &status) {
    const FileDescriptor fd(::accept(listener.get(), nullptr, nullptr));
    std::array<char, 4096> request;
    EXPECT_GT(::recv(fd.get(), request.data(), request.size(), 0), 0);
    const auto response =
        encodeMessage(encodeResponse(StatusResponse{status}), kResponseLimits).value();
    EXPECT_EQ(::send(fd.get(), response.data(), response.size(), 0),
              static_cast<ssize_t>(response.size()));
  }
  static std::size_t descriptors(pid_t pid) {
    const auto folder = std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", pid));
    return static_cast<std::size_t>(std::distance(folder, {}));
  }
};

TEST_F(ServeCommand, StatusWithoutAServiceFails) {
  const ProgramResult result = control({"--status"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("no compile service listens there"));
}

TEST_F(ServeCommand, StopWithoutAServiceFails) {
  const ProgramResult result = control({"--stop"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("no compile service listens there"));
}

TEST_F(ServeCommand, OneThatTakesNoMoreConnectionsIsBusy) {
  const FileDescriptor listener = listenHere(0);
  std::vector<FileDescriptor> waiting;
  while (!isServiceBusy(socket_)) {
    waiting.push_back(std::move(connectToService(socket_)).value());
    ASSERT_LT(waiting.size(), 100u);
  }
  for (const char *question : {"--status", "--stop"}) {
    const ProgramResult result = control({question});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.err, HasSubstr("the compile service is busy"));
  }
}

TEST_F(ServeCommand, TheStatusOfAnotherVersionIsCalledThat) {
  const FileDescriptor listener = listenHere(8);
  const std::string status = R"({"pid": "one", "version": 9, "compiles": {}})";
  auto other = std::async(std::launch::async, [&] { answerOne(listener, status); });
  const ProgramResult result = control({"--status"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("status is of another version"));
  EXPECT_THAT(result.out, IsEmpty());
  other = std::async(std::launch::async, [&] { answerOne(listener, status); });
  Environment doctor = environment();
  doctor["GEMMSMITH_SOCKET"] = socket_;
  EXPECT_THAT(runProgram({GEMMSMITH, "doctor"}, {.environment = doctor}).out,
              HasSubstr("[ok] compile service, pid one\n"));
}

TEST_F(ServeCommand, StatusShowsWhatRuns) {
  const Program &service = start({"--workers", "1"});
  ASSERT_EQ(failure(compile(0)), "");
  const ProgramResult text = control({"--status"});
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_THAT(text.out, HasSubstr(fmt::format("pid {}", service.pid())));
  EXPECT_THAT(text.out, HasSubstr("compiled     1 in "));
  EXPECT_THAT(text.out, HasSubstr(store_ + " (rw)"));
  const auto json = nlohmann::json::parse(control({"--status", "--json"}).out);
  EXPECT_EQ(json["pid"], service.pid());
  EXPECT_EQ(json["workers"], 1);
  EXPECT_EQ(json["requests"]["entry"], 1);
  EXPECT_EQ(json["store"]["directory"], store_);
}

TEST_F(ServeCommand, StopWaitsForTheEnd) {
  Program &service = start();
  const ProgramResult result = control({"--stop"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr(fmt::format("(pid {})", service.pid())));
  EXPECT_FALSE(isAlive(service.pid()));
  EXPECT_EQ(service.wait().exit_code, 0);
}

TEST_F(ServeCommand, StopSaysWhatItWaitsFor) {
  start({"--time-limit", "4"}, faulty("hang gemm"));
  auto answer = std::async(std::launch::async, [&] { return compile(0); });
  ASSERT_TRUE(comesTrue([&] { return hasJobs(1); }));
  const ProgramResult result = control({"--stop"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "waiting for 1 kernels\n");
  EXPECT_THAT(failure(answer.get()), HasSubstr("took longer than 4 s"));
}

TEST_F(ServeCommand, TheLogIsJsonLines) {
  const std::string log = folder_.file("serve.log");
  Program &service = start({"--log", log});
  ASSERT_EQ(failure(compile(0)), "");
  service.signal(SIGTERM);
  EXPECT_THAT(service.wait().err, StartsWith(fmt::format("listening on {} with ", socket_)));
  std::vector<std::string> events;
  std::istringstream lines(readFile(log));
  for (std::string line; std::getline(lines, line);) {
    const auto event = nlohmann::json::parse(line);
    EXPECT_TRUE(event.contains("time") && event.contains("level")) << line;
    events.push_back(event["event"]);
  }
  EXPECT_THAT(events, testing::ElementsAre("listening", "compiled", "stopping", "stopped"));
}

TEST_F(ServeCommand, ALogThatCannotBeWrittenIsAnError) {
  const ProgramResult result =
      runProgram(serveCommand({"--log", "/proc/serve.log"}), {.environment = environment()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("cannot write the log"));
}

TEST_F(ServeCommand, OptionsThatAreNoneAreUsageErrors) {
  for (const std::vector<std::string> &arguments : {std::vector<std::string>{"--metrics", "here"},
                                                    {"--metrics", "localhost:99999"},
                                                    {"--memory-limit", "much"},
                                                    {"--workers", "0"},
                                                    {"--max-queue", "0"},
                                                    {"--json"}}) {
    const ProgramResult result = runProgram(serveCommand(arguments));
    EXPECT_EQ(result.exit_code, 2) << arguments.front();
    EXPECT_THAT(result.err, Not(IsEmpty()));
  }
}

TEST_F(ServeCommand, AnEmptySocketIsAUsageError) {
  const ProgramResult result = runProgram({GEMMSMITH, "serve", "--status", "--socket", ""});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("--socket: must not be empty"));
}

TEST_F(ServeCommand, APortForMetricsThatAnotherHasIsAnError) {
  start({"--metrics", "0"});
  const ProgramResult other = runProgram(
      {GEMMSMITH, "serve", "--socket", run_ + "/other.sock", "--metrics", status()["metrics"]},
      {.environment = environment()});
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_THAT(other.err, HasSubstr("cannot listen there for metrics"));
}

TEST_F(ServeCommand, AnAddressOfSixteenBytesIsInBrackets) {
  start({"--metrics", "[::1]:0"});
  EXPECT_THAT(status()["metrics"].get<std::string>(), StartsWith("[::1]:"));
  EXPECT_TRUE(scrape("/metrics"));
}

TEST_F(ServeCommand, PeersOfTheMetricsCostFewDescriptors) {
  constexpr std::size_t kAccepted = 16, kMost = 22;
  const pid_t pid = start({"--metrics", "0", "--workers", "1"}).pid();
  ASSERT_EQ(failure(compile(0)), ""); // its worker runs
  const std::string metrics = status()["metrics"];
  const std::size_t before = descriptors(pid);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(metrics.substr(10))));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::vector<FileDescriptor> peers;
  for (std::size_t i = 0; i < 200; ++i) {
    peers.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    (void)::connect(peers.back().get(), reinterpret_cast<const sockaddr *>(&address),
                    sizeof address);
    if (i < kAccepted) { // `before` may count a connection that was just closed
      ASSERT_TRUE(comesTrue([&] { return descriptors(pid) + 1 >= before + i; })) << i;
    }
  }
  EXPECT_FALSE(comesTrue([&] { return descriptors(pid) > before + kMost; }, /*seconds=*/2));
  peers.clear();
  EXPECT_TRUE(comesTrue([&] {
    const auto response = scrape("/metrics");
    return response && response->status == 200;
  }));
}

TEST_F(ServeCommand, MetricsThatCannotBeServedAreAnError) {
  const ProgramResult result =
      runProgram(serveCommand({"--metrics", "192.0.2.1:0"}), {.environment = environment()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("192.0.2.1:0: cannot listen there for metrics"));
}

TEST_F(ServeCommand, MetricsAreInPrometheusFormat) {
  start({"--metrics", "0"});
  ASSERT_EQ(failure(compile(0)), "");
  ASSERT_EQ(failure(compile(0)), "");
  const auto response = scrape("/metrics");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_THAT(response->get_header_value("Content-Type"), StartsWith("text/plain; version=0.0.4"));
  // Each metric has its help and its type before its samples.
  const std::regex comment("# (HELP|TYPE) (gemmsmith_[a-z_]+) .+");
  const std::regex sample("(gemmsmith_[a-z_]+?)(_bucket|_sum|_count)?"
                          "(\\{([a-z_]+=\"[^\"]*\",?)+\\})? [0-9.e+]+");
  std::string last;
  std::vector<std::string> lines;
  std::istringstream text(response->body);
  for (std::string line; std::getline(text, line);) {
    std::smatch match;
    if (std::regex_match(line, match, comment)) {
      last = match[2];
    } else {
      ASSERT_TRUE(std::regex_match(line, match, sample)) << line;
      EXPECT_EQ(match[1], last) << line;
    }
    lines.push_back(line);
  }
  EXPECT_THAT(lines, Contains("gemmsmith_compiles_total{result=\"good\"} 1"));
  EXPECT_THAT(lines, Contains("gemmsmith_requests_total{result=\"entry\"} 2"));
  EXPECT_THAT(lines, Contains("gemmsmith_hits_total{tier=\"disk\"} 1"));
  EXPECT_THAT(lines, Contains("gemmsmith_compile_duration_seconds_count 1"));
  EXPECT_THAT(lines, Contains("gemmsmith_compile_duration_seconds_bucket{le=\"+Inf\"} 1"));
  EXPECT_EQ(scrape("/other")->status, 404);
}

} // namespace
} // namespace gemmsmith
