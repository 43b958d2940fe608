// `gemmsmith serve`: its options, --status, --stop and the metrics.
#include "tests/tools/service_fixture.h"

#include <filesystem>
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
