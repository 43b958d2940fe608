// The compile service with its clients: `gemmsmith serve` and the real worker.
#include "runtime/service/service_protocol.h"
#include "tests/tools/service_fixture.h"

#include <array>
#include <filesystem>
#include <future>
#include <gmock/gmock.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace gemmsmith {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class CompileService : public ServiceTest {
protected:
  std::future<Expected<ServiceAnswer>> compileLater(int kernel, bool may_start = false) const {
    return std::async(std::launch::async, [this, kernel, may_start] {
      return ServiceClient(may_start ? startingOptions() : clientOptions())
          .compile(kernelNumber(kernel), "gfx950", false);
    });
  }
  Expected<ServiceAnswer> compile(int kernel) const { return compileLater(kernel).get(); }
  static mode_t modeOf(const std::string &path) {
    struct stat status = {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
  }
};

TEST_F(CompileService, CompilesOnceThenAnswersFromTheStore) {
  start();
  const auto first = compile(0), second = compile(0);
  ASSERT_EQ(failure(first), "");
  ASSERT_EQ(failure(second), "");
  EXPECT_EQ(first->origin, ServiceOrigin::kCompiled);
  EXPECT_GT(first->compile_time.count(), 0);
  EXPECT_EQ(second->origin, ServiceOrigin::kDisk);
  EXPECT_EQ(second->compile_time.count(), 0);
  EXPECT_EQ(first->entry.code_object, second->entry.code_object);
  EXPECT_EQ(first->entry.key, second->entry.key);
  EXPECT_EQ(status()["compiles"], 1);
}

TEST_F(CompileService, CompilesOnceForThirtyTwoProcesses) {
  constexpr int kKernels = 16;
  start();
  const int good = countGood(32, [&](int rank) {
    ServiceClient client(clientOptions());
    for (int i = 0; i < kKernels; ++i)
      if (!client.compile(kernelNumber((rank + i) % kKernels), "gfx950", false))
        return false;
    return true;
  });
  EXPECT_EQ(good, 32);
  const auto now = status();
  EXPECT_EQ(now["compiles"], kKernels);
  EXPECT_EQ(now["requests"]["entry"], 32 * kKernels);
  EXPECT_EQ(now["requests"]["error"], 0);
}

TEST_F(CompileService, OneIsStartedByThirtyTwoProcesses) {
  const int good = countGood(32, [&](int) {
    return ServiceClient(startingOptions()).compile(kernelNumber(0), "gfx950", false).has_value();
  });
  EXPECT_EQ(good, 32);
  EXPECT_EQ(status()["compiles"], 1);
  const auto listeners = [&] {
    int n = 0;
    for (const auto &process : fs::directory_iterator("/proc"))
      n += readFile(process.path() / "cmdline").find(socket_) != std::string::npos ? 1 : 0;
    return n;
  };
  EXPECT_TRUE(comesTrue([&] { return listeners() == 1; })) << listeners();
}

TEST_F(CompileService, AStartedOneLeavesNothingBehindInItsStarter) {
  int sockets[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0); // survives exec()
  ASSERT_EQ(failure(compileLater(0, true).get()), "");
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
  ::close(sockets[0]);
  char byte = 0;
  EXPECT_EQ(::recv(sockets[1], &byte, 1, MSG_DONTWAIT), 0) << "the service has it open";
  ::close(sockets[1]);
  EXPECT_THAT(readFile(run_ + "/service.log"), HasSubstr(R"("event":"listening")"));
}

TEST_F(CompileService, OneThatCannotStartSaysWhy) {
  ::setenv("GEMMSMITH_WORKER", "/nonexistent/worker", 1);
  const auto answer = compileLater(0, true).get();
  EXPECT_THAT(failure(answer),
              HasSubstr("cannot start the compile service: it ended with exit code 1: cannot start "
                        "the compile worker /nonexistent/worker: No such file or directory"));
  EXPECT_THAT(readFile(run_ + "/service.log"), HasSubstr(R"("level":"error")"));
}

TEST_F(CompileService, AProgramThatIsNoneIsNamed) {
  ServiceClient client({.socket = socket_, .program = "/nonexistent/gemmsmith"});
  EXPECT_THAT(failure(client.compile(kernelNumber(0), "gfx950", false)),
              HasSubstr("/nonexistent/gemmsmith: cannot start the compile service: No such file"));
}

TEST_F(CompileService, NoneRunningSaysHowToStartOne) {
  EXPECT_THAT(failure(compile(0)), HasSubstr("no compile service listens there; `gemmsmith serve "
                                             "--socket " +
                                             socket_ + "` starts one"));
}

TEST_F(CompileService, KilledInMidCompileIsReplaced) {
  useFault("slow gemm");
  auto answer = compileLater(0, true);
  ASSERT_TRUE(comesTrue([&] { return hasJobs(1); }));
  const pid_t first = servicePid();
  ::kill(first, SIGKILL);
  EXPECT_EQ(failure(answer.get()), "");
  EXPECT_NE(servicePid(), first);
}

TEST_F(CompileService, KilledAgainAndAgainIsAnErrorInTheEnd) {
  useFault("hang gemm");
  auto answer = compileLater(0, true);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(comesTrue([&] { return hasJobs(1); }));
    const pid_t pid = servicePid();
    ::kill(pid, SIGKILL);
    ASSERT_TRUE(comesTrue([&] { return !isAlive(pid); }));
  }
  EXPECT_THAT(failure(answer.get()), HasSubstr("went away 3 times before it had answered"));
}

TEST_F(CompileService, AWorkerThatIsKilledCostsOneRequest) {
  const std::string hanging = folder_.file("hanging");
  Environment fault = faulty("hang " + kernelName(kernelNumber(6)));
  fault["GEMMSMITH_TEST_HANGING"] = hanging;
  start({}, fault);
  auto answer = compileLater(6);
  ASSERT_TRUE(comesTrue([&] { return readFile(hanging).ends_with('\n'); }));
  ::kill(std::stoi(readFile(hanging)), SIGKILL);
  EXPECT_THAT(failure(answer.get()), HasSubstr("was killed by SIGKILL"));
  EXPECT_EQ(failure(compile(1)), "");
  EXPECT_EQ(status()["compile_failures"], 1);
}

TEST_F(CompileService, ACompileThatTakesTooLongIsStopped) {
  start({"--time-limit", "1"}, faulty("hang gemm"));
  EXPECT_THAT(failure(compile(0)), HasSubstr("took longer than 1 s and was stopped"));
}

TEST_F(CompileService, AFailureIsToldToAllAndForgotten) {
  start({}, faulty("abort gemm"));
  auto one = compileLater(0), other = compileLater(0);
  EXPECT_THAT(failure(one.get()), HasSubstr("out of registers"));
  EXPECT_THAT(failure(other.get()), HasSubstr("out of registers"));
  const auto failures = status()["compile_failures"].get<int>();
  EXPECT_THAT(failure(compile(0)), HasSubstr("out of registers"));
  EXPECT_EQ(status()["compile_failures"], failures + 1);
}

TEST_F(CompileService, ACodeObjectThatIsNoneIsAnError) {
  start({}, faulty("lie gemm"));
  EXPECT_THAT(failure(compile(0)), HasSubstr("not a readable AMDGPU code object"));
}

TEST_F(CompileService, AnotherProcessorIsAnError) {
  start();
  const auto answer = ServiceClient(clientOptions()).compile(kernelNumber(0), "gfx90a", false);
  EXPECT_THAT(failure(answer), HasSubstr("cannot be compiled for target 'gfx90a'"));
}

TEST_F(CompileService, ASecondOneLeavesAtOnce) {
  Program &first = start();
  const ProgramResult second = runProgram(serveCommand({}), {.environment = environment()});
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.err, HasSubstr("another compile service has this socket"));
  EXPECT_EQ(servicePid(), first.pid());
  const ProgramResult third =
      runProgram(serveCommand({"--background"}), {.environment = environment()});
  EXPECT_EQ(third.exit_code, 0);
  EXPECT_EQ(third.err, "another compile service has " + socket_ + "; its options stay\n");
}

TEST_F(CompileService, ASecondOneInTheBackgroundTakesThePlaceOfOneThatDoesNotComeToListen) {
  fs::create_directory(run_);
  fs::permissions(run_, fs::perms::owner_all);
  FileDescriptor lock(::open((socket_ + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_EQ(::flock(lock.get(), LOCK_EX), 0);
  Program second(serveCommand({"--background"}), {.environment = environment()});
  ASSERT_TRUE(comesTrue([&] { return !second.children().empty(); }));
  lock.reset();
  const ProgramResult result = second.wait();
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, IsEmpty());
  EXPECT_NE(servicePid(), 0);
}

TEST_F(CompileService, InTheBackgroundWithClosedStandardStreamsItListensAndCanBeStopped) {
  std::vector<std::string> command{"/bin/sh", "-c", R"(exec "$@" <&- >&- 2>&-)", "sh"};
  for (const std::string &word : serveCommand({"--background"}))
    command.push_back(word);
  ASSERT_EQ(runProgram(command, {.environment = environment()}).exit_code, 0);
  ASSERT_NE(servicePid(), 0);
  for (const int stream : {0, 1, 2})
    EXPECT_EQ(fs::read_symlink(fmt::format("/proc/{}/fd/{}", servicePid(), stream)), "/dev/null");
  EXPECT_EQ(failure(compile(0)), "");
  EXPECT_EQ(control({"--stop"}).exit_code, 0);
}

TEST_F(CompileService, InTheBackgroundItsLogIsBesideItsSocketAndTheUsersAlone) {
  const std::string other = run_ + "/other.sock";
  ASSERT_EQ(runProgram({GEMMSMITH, "serve", "--socket", other, "--background"},
                       {.environment = environment()})
                .exit_code,
            0);
  EXPECT_EQ(runProgram({GEMMSMITH, "serve", "--socket", other, "--stop"}).exit_code, 0);
  EXPECT_THAT(readFile(run_ + "/other.log"), HasSubstr(R"("event":"stopped")"));
  EXPECT_EQ(modeOf(run_ + "/other.log"), 0600);
  EXPECT_FALSE(fs::exists(run_ + "/service.log"));
}

TEST_F(CompileService, TheSocketOfADeadOneIsReplaced) {
  Program &first = start();
  first.signal(SIGKILL);
  first.wait();
  ASSERT_TRUE(fs::exists(socket_));
  start();
  EXPECT_EQ(failure(compile(0)), "");
}

TEST_F(CompileService, AFileThatIsNoSocketIsLeftAlone) {
  fs::create_directory(run_);
  fs::permissions(run_, fs::perms::owner_all);
  writeFile(socket_, "weights");
  const ProgramResult service = runProgram(serveCommand({}), {.environment = environment()});
  EXPECT_EQ(service.exit_code, 2);
  EXPECT_THAT(service.err, HasSubstr("is there and is no socket; name another with --socket"));
  EXPECT_EQ(readFile(socket_), "weights");
  EXPECT_FALSE(fs::exists(socket_ + ".lock"));
}

TEST_F(CompileService, TheSocketIsTheUsersAlone) {
  start();
  EXPECT_EQ(modeOf(socket_), 0600);
  EXPECT_EQ(modeOf(run_), 0700);
}

TEST_F(CompileService, ADirectoryThatOthersCanWriteToIsRefused) {
  fs::create_directory(run_);
  fs::permissions(run_, fs::perms::all);
  const ProgramResult service = runProgram(serveCommand({}), {.environment = environment()});
  EXPECT_EQ(service.exit_code, 1);
  EXPECT_THAT(service.err, HasSubstr("the directory is refused: others than its owner"));
  EXPECT_THAT(failure(compile(0)), HasSubstr("the directory is refused: others than its owner"));
}

TEST_F(CompileService, ADirectoryOfAnotherUserIsRefused) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "only root can give a directory away";
  fs::create_directory(run_);
  ASSERT_EQ(::chown(run_.c_str(), 65534, 65534), 0);
  const ProgramResult service = runProgram(serveCommand({}), {.environment = environment()});
  EXPECT_EQ(service.exit_code, 1);
  EXPECT_THAT(service.err, HasSubstr("it is owned by user 65534"));
  EXPECT_THAT(failure(compile(0)), HasSubstr("it is owned by user 65534"));
}

TEST_F(CompileService, APathThatIsTooLongForASocketIsNamed) {
  const std::string path = "/tmp/" + std::string(103, 'x');
  EXPECT_THAT(
      failure(
          ServiceClient({.socket = path, .program = {}}).compile(kernelNumber(0), "gfx950", false)),
      HasSubstr("its path has 108 bytes, and a Unix socket's at most 107"));
  const ProgramResult service = runProgram({GEMMSMITH, "serve", "--socket", path});
  EXPECT_EQ(service.exit_code, 2);
  EXPECT_THAT(service.err, HasSubstr("at most 107"));
}

TEST_F(CompileService, TerminationAnswersWhatWasAskedAndMakesPlaceFirst) {
  Program &service = start({}, faulty("slow gemm"));
  auto answer = compileLater(0);
  ASSERT_TRUE(comesTrue([&] { return hasJobs(1); }));
  service.signal(SIGTERM);
  ASSERT_TRUE(comesTrue([&] { return !fs::exists(socket_) || !isAlive(service.pid()); }));
  EXPECT_EQ(failure(answer.get()), "");
  const ProgramResult result = service.wait();
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr(R"("why":"signal","unanswered":1)"));
  EXPECT_FALSE(fs::exists(socket_));
  start();
}

TEST_F(CompileService, TerminationAnswersWhatHadComeAndWasNotLookedAt) {
  Program &service = start();
  service.signal(SIGSTOP);
  const FileDescriptor fd = std::move(connectToService(socket_)).value();
  const auto request = encodeMessage(encodeRequest(StatusRequest{}), kRequestLimits).value();
  ASSERT_EQ(::send(fd.get(), request.data(), request.size(), 0),
            static_cast<ssize_t>(request.size()));
  service.signal(SIGTERM);
  service.signal(SIGCONT);
  EXPECT_EQ(service.wait().exit_code, 0);
  std::array<char, 4096> response;
  const ssize_t n = ::recv(fd.get(), response.data(), response.size(), MSG_DONTWAIT);
  ASSERT_GT(n, 0);
  EXPECT_THAT(std::string(response.data(), static_cast<std::size_t>(n)),
              HasSubstr("gemmsmith-service-status-1"));
}

TEST_F(CompileService, ASecondSignalEndsItAtOnce) {
  Program &service = start({}, faulty("hang gemm"));
  auto answer = compileLater(0);
  ASSERT_TRUE(comesTrue([&] { return hasJobs(1); }));
  service.signal(SIGTERM);
  ASSERT_TRUE(comesTrue([&] { return !fs::exists(socket_); }));
  service.signal(SIGTERM);
  EXPECT_EQ(service.wait().exit_code, 128 + SIGTERM);
  EXPECT_THAT(failure(answer.get()), HasSubstr("no compile service listens there"));
}

TEST_F(CompileService, LeavesWhenNobodyAsks) {
  Program &service = start({"--idle", "1"});
  ServiceClient client(clientOptions()); // a connection that is kept is no request
  EXPECT_EQ(failure(client.compile(kernelNumber(0), "gfx950", false)), "");
  const ProgramResult result = service.wait();
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr(R"("why":"idle")"));
  EXPECT_FALSE(fs::exists(socket_));
}

TEST_F(CompileService, LeavesWhenItsSocketIsRemoved) {
  Program &service = start();
  fs::remove_all(run_);
  const ProgramResult result = service.wait();
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("the socket's file is gone"));
}

// A table has a hundred kernels: a start that fails must not be repeated for each.
TEST_F(CompileService, AStartThatFailsIsSaidToAllAndNotRepeatedAtOnce) {
  const std::string starts = folder_.file("starts");
  const std::string program = folder_.file("program");
  writeFile(program,
            "#!/bin/sh\necho start >>" + starts + "\nsleep 0.3\necho no luck >&2\nexit 1\n");
  fs::permissions(program, fs::perms::owner_all);
  ServiceOptions options = clientOptions();
  options.program = program;
  ServiceClient client(options);
  std::vector<std::future<Expected<ServiceAnswer>>> answers;
  for (int i = 0; i < 8; ++i)
    answers.push_back(std::async(
        std::launch::async, [&, i] { return client.compile(kernelNumber(i), "gfx950", false); }));
  for (auto &answer : answers)
    EXPECT_THAT(failure(answer.get()), HasSubstr("it ended with exit code 1: no luck"));
  EXPECT_EQ(readFile(starts), "start\n");
}

TEST_F(CompileService, AProgramThatHangsWithItsOutputClosedIsGivenUpInTime) {
  const std::string program = folder_.file("program");
  writeFile(program, "#!/bin/sh\nexec sleep 60 2>/dev/null\n");
  fs::permissions(program, fs::perms::owner_all);
  ServiceOptions options = clientOptions();
  options.program = program;
  options.start_limit = std::chrono::milliseconds(500);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_NE(failure(ServiceClient(options).compile(kernelNumber(0), "gfx950", false)), "");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

TEST_F(CompileService, AWorkerOfAnotherGeneratorMakesNothingUnderThisOnesName) {
  start({}, faulty("other s2_"));
  EXPECT_THAT(failure(compile(0)), HasSubstr("another compile worker answers"));
  EXPECT_EQ(status()["compiles"], 0);
}

TEST_F(CompileService, LeavesWhenItsCompilerIsReplaced) {
  const std::string worker = folder_.file("worker");
  fs::copy_file(LLVM_WORKER, worker);
  Program &service = start({}, {{"GEMMSMITH_WORKER", worker}});
  EXPECT_EQ(failure(compile(0)), "");
  fs::last_write_time(worker, fs::file_time_type::clock::now() + std::chrono::hours(1));
  const ProgramResult result = service.wait();
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("the compiler was replaced"));
}

TEST_F(CompileService, NotesItsCompilerAgainWhenTheStoreIsCleared) {
  start({"--backend", "auto"});
  const auto noted = [&] {
    return std::ranges::any_of(fs::directory_iterator(store_), [](const auto &file) {
      return file.path().extension() == ".compiler";
    });
  };
  EXPECT_TRUE(noted());
  for (const auto &file : fs::directory_iterator(store_))
    if (file.path().extension() == ".compiler")
      fs::remove(file.path());
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!noted() && std::chrono::steady_clock::now() < give_up)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_TRUE(noted());
}

TEST_F(CompileService, ABackEndThatWasAskedForIsNotNoted) {
  start({"--backend", "llvm"});
  EXPECT_EQ(failure(compile(0)), "");
  for (const auto &file : fs::directory_iterator(store_))
    EXPECT_NE(file.path().extension(), ".compiler");
}

TEST_F(CompileService, AStoreThatCannotBeUsedCostsAWarning) {
  writeFile(folder_.file("file"), "");
  Program &service = start({}, {{"GEMMSMITH_CACHE_DIR", folder_.file("file") + "/store"}});
  EXPECT_EQ(failure(compile(0)), "");
  EXPECT_EQ(failure(compile(0)), "");
  EXPECT_EQ(status()["compiles"], 1) << "what it had compiled was compiled again";
  EXPECT_EQ(status()["hits"]["memory"], 1);
  service.signal(SIGTERM);
  EXPECT_THAT(service.wait().err, HasSubstr("the store is not used"));
}

TEST_F(CompileService, AFullDiskCostsOneWarning) {
  Program &service = start({}, faulty("none none"), /*file_size_limit=*/2048);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(failure(compile(i)), "");
  service.signal(SIGTERM);
  const std::string log = service.wait().err;
  const auto first = log.find("code objects cannot be kept");
  ASSERT_NE(first, std::string::npos) << log;
  EXPECT_EQ(log.find("code objects cannot be kept", first + 1), std::string::npos);
}

TEST_F(CompileService, AStoreThatIsRemovedMeanwhileCostsACompile) {
  start();
  fs::remove_all(store_);
  EXPECT_EQ(failure(compile(0)), "");
  EXPECT_EQ(failure(compile(0)), "");
}

TEST_F(CompileService, AKernelThatMayNotBeCompiledSaysHowToBuildIt) {
  start({}, {{"GEMMSMITH_CACHE", "require"}});
  EXPECT_THAT(failure(compile(0)), HasSubstr("GEMMSMITH_CACHE=rw gemmsmith build --config"));
}

TEST_F(CompileService, AFullQueueIsTriedAgain) {
  constexpr int kKernels = 8;
  start({"--workers", "1", "--max-queue", "1"}, faulty("slow gemm"));
  std::vector<std::future<Expected<ServiceAnswer>>> answers;
  for (int i = 0; i < kKernels; ++i)
    answers.push_back(compileLater(i));
  for (auto &answer : answers)
    EXPECT_EQ(failure(answer.get()), "");
  EXPECT_GT(status()["requests"]["busy"], 0);
  EXPECT_EQ(status()["compiles"], kKernels);
}

TEST_F(CompileService, ARequestThatIsNotAnsweredInTimeIsAnError) {
  start({}, faulty("hang gemm"));
  ServiceOptions options = clientOptions();
  options.request_limit = std::chrono::milliseconds(200);
  EXPECT_THAT(failure(ServiceClient(options).compile(kernelNumber(0), "gfx950", false)),
              HasSubstr("does not answer in time"));
}

TEST_F(CompileService, StartSaysWhatStatusDoesOfOneWithTheWorkersAskedFor) {
  ServiceOptions options = startingOptions();
  options.workers = 3;
  const auto text = ServiceClient(options).start();
  ASSERT_TRUE(text) << text.error().str();
  EXPECT_EQ(nlohmann::json::parse(*text)["workers"], 3);
  EXPECT_EQ(nlohmann::json::parse(*text)["pid"], servicePid());
  options.workers = 1;
  EXPECT_EQ(nlohmann::json::parse(ServiceClient(options).start().value())["workers"], 3);
}

TEST_F(CompileService, StartWithoutAProgramSaysHowToStartOne) {
  const auto text = ServiceClient(clientOptions()).start();
  ASSERT_FALSE(text);
  EXPECT_THAT(text.error().str(), HasSubstr("no compile service listens there"));
}

TEST_F(CompileService, AnInterruptedCallEndsAtOnceAndItsJobGoesOn) {
  start({}, faulty("hang gemm"));
  const FileDescriptor interrupt(::eventfd(0, EFD_CLOEXEC));
  ServiceOptions options = clientOptions();
  options.interrupt_fd = interrupt.get();
  ServiceClient client(options);
  auto answer = std::async(std::launch::async,
                           [&] { return client.compile(kernelNumber(0), "gfx950", false); });
  ASSERT_TRUE(comesTrue([&] { return hasJobs(1); }));
  ASSERT_EQ(::eventfd_write(interrupt.get(), 1), 0);
  ASSERT_EQ(answer.wait_for(std::chrono::seconds(2)), std::future_status::ready);
  EXPECT_THAT(failure(answer.get()), HasSubstr(socket_ + ": interrupted while"));
  EXPECT_THAT(failure(client.compile(kernelNumber(1), "gfx950", false)), HasSubstr("interrupted"));
  EXPECT_TRUE(hasJobs(1));
}

TEST_F(CompileService, AnInterruptEndsTheWaitForOneThatIsStarting) {
  const std::string program = folder_.file("never_ready");
  writeFile(program, "#!/bin/sh\nexec sleep 60\n");
  fs::permissions(program, fs::perms::owner_all);
  const FileDescriptor interrupt(::eventfd(0, EFD_CLOEXEC));
  ServiceClient client({.socket = socket_, .program = program, .interrupt_fd = interrupt.get()});
  auto text = std::async(std::launch::async, [&] { return client.start(); });
  EXPECT_EQ(text.wait_for(std::chrono::milliseconds(300)), std::future_status::timeout);
  ASSERT_EQ(::eventfd_write(interrupt.get(), 1), 0);
  ASSERT_EQ(text.wait_for(std::chrono::seconds(2)), std::future_status::ready);
  EXPECT_THAT(text.get().error().str(), HasSubstr("cannot start the compile service: interrupted"));
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
}

} // namespace
} // namespace gemmsmith
