#include "tests/cache/remote/bazel_cache.h"
#include "tests/cache/remote/raw_server.h"
#include "tests/cache/remote/remote_fixture.h"

#include <chrono>
#include <set>

namespace gemmsmith {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

using Clock = std::chrono::steady_clock;

class HttpRemoteTest : public RemoteFixture {
protected:
  // What a server has after the sample entry was put into it.
  static std::map<std::string, std::string> filled() {
    BazelCache cache;
    const ScriptedServer server(cache.handler());
    Store({.mode = StoreMode::kReadWrite,
           .directory = TemporaryFolder().path(),
           .limit_bytes = 0,
           .bundles = {},
           .remotes = parseRemotes(server.url() + "|write").value()},
          [](const std::string &) {})
        .put(sampleEntry());
    return cache.files_;
  }
  static ScriptedServer::Handler always(int status) {
    return [status](const httplib::Request &, httplib::Response &response) {
      response.status = status;
    };
  }
  // Sends endless blocks to a request of /cas; `result` to others.
  static ScriptedServer::Handler endless(std::string result, std::atomic<std::size_t> &sent) {
    return [result = std::move(result), &sent](const httplib::Request &request,
                                               httplib::Response &response) {
      if (request.path.starts_with("/ac/") && !result.empty())
        return response.set_content(result, "application/octet-stream");
      response.set_chunked_content_provider("application/octet-stream",
                                            [&sent](std::size_t, httplib::DataSink &sink) {
                                              const std::string block(65536, 'x');
                                              sent += block.size();
                                              return sink.write(block.data(), block.size());
                                            });
    };
  }
};

TEST_F(HttpRemoteTest, WhatOneMachinePutsAnotherGets) {
  BazelCache cache;
  const ScriptedServer server(cache.handler());
  open(server.url() + "|write", StoreMode::kReadWrite).put(sampleEntry());
  EXPECT_THAT(cache.files_, SizeIs(2));
  Store other = open(server.url(), StoreMode::kReadOnly, root_ / "other");
  EXPECT_TRUE(remoteHas(other));
  EXPECT_EQ(originOf(other), server.url());
  EXPECT_THAT(warnings_, IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(root_ / "other"));
}

TEST_F(HttpRemoteTest, HitIsKeptInTheDirectory) {
  BazelCache cache;
  cache.files_ = filled();
  const ScriptedServer server(cache.handler());
  Store store = open(server.url(), StoreMode::kReadWrite);
  EXPECT_TRUE(remoteHas(store));
  EXPECT_EQ(originOf(store), entryPath());
  EXPECT_THAT(server.seen(), SizeIs(2));
}

TEST_F(HttpRemoteTest, DirectoryIsAskedFirst) {
  const ScriptedServer server(always(500));
  Store store = open(server.url(), StoreMode::kReadWrite);
  store.put(sampleEntry());
  EXPECT_EQ(originOf(store), entryPath());
  EXPECT_THAT(server.seen(), IsEmpty());
}

TEST_F(HttpRemoteTest, RemotesAreAskedInOrder) {
  BazelCache full;
  full.files_ = filled();
  BazelCache empty;
  const ScriptedServer first(empty.handler());
  const ScriptedServer second(full.handler());
  const ScriptedServer third(full.handler());
  Store store = open(first.url() + " " + second.url() + " " + third.url());
  EXPECT_EQ(originOf(store), second.url());
  EXPECT_THAT(first.seen(), SizeIs(1));
  EXPECT_THAT(third.seen(), IsEmpty());
}

TEST_F(HttpRemoteTest, OnlyRemotesToWriteToAreWrittenTo) {
  BazelCache cache;
  const ScriptedServer server(cache.handler());
  open(server.url(), StoreMode::kReadWrite).put(sampleEntry());
  for (const StoreMode mode : {StoreMode::kReadOnly, StoreMode::kOff, StoreMode::kRequire})
    open(server.url() + "|write", mode, root_ / "other").put(sampleEntry());
  EXPECT_THAT(server.seen(), IsEmpty());
}

TEST_F(HttpRemoteTest, DirectoryAndRemotesCanBeWrittenToApart) {
  BazelCache cache;
  const ScriptedServer server(cache.handler());
  Store store = open(server.url() + "|write", StoreMode::kReadWrite);
  store.putOnDisk(sampleEntry());
  EXPECT_TRUE(std::filesystem::exists(entryPath()));
  EXPECT_THAT(server.seen(), IsEmpty());
  std::filesystem::remove(entryPath());
  store.putOnRemotes(sampleEntry());
  EXPECT_FALSE(std::filesystem::exists(entryPath()));
  EXPECT_THAT(cache.files_, SizeIs(2));
}

TEST_F(HttpRemoteTest, StoreThatIsOffAsksNobody) {
  const ScriptedServer server(always(404));
  Store store = open(server.url() + "|write", StoreMode::kOff);
  get(store, 1);
  EXPECT_THAT(server.seen(), IsEmpty());
}

TEST_F(HttpRemoteTest, RequiredKernelMayComeFromARemote) {
  BazelCache cache;
  cache.files_ = filled();
  const ScriptedServer server(cache.handler());
  Store store = open(server.url(), StoreMode::kRequire);
  EXPECT_TRUE(remoteHas(store));
  EXPECT_FALSE(store.get(sampleKey(kOtherKernel)));
}

TEST_F(HttpRemoteTest, AbsentIsNoFailure) {
  const ScriptedServer server(always(404));
  Store store = open(server.url());
  get(store, 10);
  EXPECT_THAT(server.seen(), SizeIs(10));
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(HttpRemoteTest, ResultWithoutItsEntryIsAbsent) {
  const auto files = filled();
  const ScriptedServer server([&](const httplib::Request &request, httplib::Response &response) {
    if (request.path.starts_with("/ac/"))
      response.set_content(files.at(request.path), "application/octet-stream");
    else
      response.status = 404;
  });
  Store store = open(server.url());
  get(store, 1);
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(HttpRemoteTest, ThreeFailuresInARowDropTheRemoteWithOneWarning) {
  const ScriptedServer server(always(500));
  Store store = open(server.url());
  get(store, 2);
  EXPECT_THAT(warnings_, IsEmpty());
  get(store, 5);
  EXPECT_THAT(server.seen(), SizeIs(3));
  EXPECT_THAT(warnings_,
              ElementsAre("the remote store " + server.url() +
                          " is not used any more, as it failed 3 times in a row: it answers with "
                          "HTTP status 500"));
}

TEST_F(HttpRemoteTest, AnAnswerEndsARowOfFailures) {
  std::atomic<int> requests = 0;
  const ScriptedServer server([&](const httplib::Request &, httplib::Response &response) {
    response.status = ++requests % 3 == 0 ? 404 : 503;
  });
  Store store = open(server.url());
  get(store, 12);
  EXPECT_EQ(requests, 12);
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(HttpRemoteTest, FailuresAtTheSameTimeAreOneFailure) {
  constexpr int kThreads = 4;
  std::atomic<int> requests = 0;
  const ScriptedServer server([&](const httplib::Request &, httplib::Response &response) {
    const bool first = ++requests <= kThreads;
    while (requests < kThreads)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    response.status = first ? 503 : 404;
  });
  Store store = open(server.url());
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([&] { get(store, 1); });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_THAT(warnings_, IsEmpty());
  get(store, 1);
  EXPECT_EQ(requests, kThreads + 1);
}

TEST_F(HttpRemoteTest, RefusedAccessIsAFailure) {
  const ScriptedServer server(always(401));
  Store store = open(server.url());
  get(store, 4);
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("it refuses access (HTTP status 401)")));
}

TEST_F(HttpRemoteTest, RefusedWritingDropsWritingOnly) {
  const ScriptedServer server([](const httplib::Request &request, httplib::Response &response) {
    response.status = request.method == "PUT" ? 403 : 404;
  });
  Store store = open(server.url() + "|write", StoreMode::kReadWrite);
  for (int i = 0; i < 5; ++i) {
    get(store, 1, sampleKey(kOtherKernel));
    store.put(sampleEntry());
  }
  EXPECT_THAT(server.seen(), SizeIs(5 + 3));
  EXPECT_THAT(warnings_, ElementsAre("nothing is put into the remote store " + server.url() +
                                     " any more, as that failed 3 times in a row: it refuses "
                                     "access (HTTP status 403)"));
}

TEST_F(HttpRemoteTest, NobodyListeningIsAFailure) {
  const int port = ServerProcess::freePort();
  Store store = open(fmt::format("http://127.0.0.1:{}|write", port), StoreMode::kReadWrite);
  get(store, 3, sampleKey(kOtherKernel));
  store.put(sampleEntry());
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("Failed to connect")));
  EXPECT_EQ(originOf(store), entryPath());
}

TEST_F(HttpRemoteTest, StalledServerCostsItsTimeoutThreeTimes) {
  ScriptedServer *self = nullptr;
  ScriptedServer server([&](const httplib::Request &, httplib::Response &) { self->stall(); });
  self = &server;
  Store store = open(server.url() + "|timeout=100ms");
  const auto start = Clock::now();
  get(store, 200);
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(10));
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("timed out")));
}

TEST_F(HttpRemoteTest, TricklingAnswerIsCutOff) {
  const RawServer server([](int fd) {
    RawServer::send(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    while (RawServer::send(fd, "x"))
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  });
  Store store = open(fmt::format("http://127.0.0.1:{}|timeout=100ms", server.port()));
  const auto start = Clock::now();
  get(store, 3);
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(10));
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("timed out")));
}

TEST_F(HttpRemoteTest, TruncatedAnswerIsAFailure) {
  const RawServer server(
      [](int fd) { RawServer::send(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"); });
  Store store = open(fmt::format("http://127.0.0.1:{}", server.port()));
  get(store, 3);
  EXPECT_THAT(warnings_, SizeIs(1));
}

TEST_F(HttpRemoteTest, AnswerThatIsNoHttpIsAFailure) {
  const RawServer server([](int fd) { RawServer::send(fd, "-ERR unknown command\r\n"); });
  Store store = open(fmt::format("http://127.0.0.1:{}", server.port()));
  get(store, 3);
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("is not used any more")));
}

TEST_F(HttpRemoteTest, EndlessEntryIsCutOff) {
  std::atomic<std::size_t> sent = 0;
  const ScriptedServer server(endless(
      writeActionResult({.path = "entry", .sha256 = std::string(64, 'a'), .bytes = 100000}), sent));
  Store store = open(server.url());
  get(store, 1);
  EXPECT_LT(sent, 32u << 20);
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("its answer is larger than 100000 bytes")));
}

TEST_F(HttpRemoteTest, EndlessResultIsCutOff) {
  std::atomic<std::size_t> sent = 0;
  const ScriptedServer server(endless("", sent));
  Store store = open(server.url());
  get(store, 1);
  EXPECT_LT(sent, 32u << 20);
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("its answer is larger than 1048576 bytes")));
}

TEST_F(HttpRemoteTest, EntryBeyondTheLimitIsNotAskedFor) {
  const ScriptedServer server([](const httplib::Request &, httplib::Response &response) {
    response.set_content(
        writeActionResult(
            {.path = "entry", .sha256 = std::string(64, 'a'), .bytes = kMaxEntryBytes + 1}),
        "application/octet-stream");
  });
  Store store = open(server.url());
  get(store, 1);
  EXPECT_THAT(server.seen(), SizeIs(1));
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("larger than any is")));
}

TEST_F(HttpRemoteTest, AnswerThatIsNoResultIsDamage) {
  const ScriptedServer server([](const httplib::Request &, httplib::Response &response) {
    response.set_content("<html>Welcome to the hotel's network</html>", "text/html");
  });
  Store store = open(server.url());
  get(store, 4);
  EXPECT_THAT(server.seen(), SizeIs(4));
  ASSERT_THAT(warnings_, SizeIs(4));
  EXPECT_EQ(warnings_.front(), "the remote store " + server.url() +
                                   ": not a readable entry under " + sampleKey().hash().hex() +
                                   ": its answer is no ActionResult with an output 'entry'");
}

TEST_F(HttpRemoteTest, BytesOfAnotherDigestAreDamage) {
  BazelCache cache;
  cache.files_ = filled();
  for (auto &[path, bytes] : cache.files_)
    if (path.starts_with("/cas/"))
      bytes.back() = static_cast<char>(bytes.back() ^ 1);
  const ScriptedServer server(cache.handler());
  Store store = open(server.url());
  get(store, 1);
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("its bytes are not those of their SHA-256")));
}

TEST_F(HttpRemoteTest, EntryOfAnotherKeyIsDamage) {
  const std::string other = encoded(sampleEntry(sampleKey(kOtherKernel)));
  const std::string sha256 = sha256Hex(bytesOfText(other)).value();
  const ScriptedServer server([&](const httplib::Request &request, httplib::Response &response) {
    response.set_content(
        request.path.starts_with("/cas/")
            ? other
            : writeActionResult({.path = "entry", .sha256 = sha256, .bytes = other.size()}),
        "application/octet-stream");
  });
  Store store = open(server.url());
  get(store, 1);
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("it is of another key")));
}

TEST_F(HttpRemoteTest, DamageIsRemovedWhereItMayBeAndOverwrittenByTheNextPut) {
  BazelCache cache;
  cache.files_ = filled();
  for (auto &[path, bytes] : cache.files_)
    bytes = "damaged";
  ScriptedServer::Handler handler = cache.handler();
  // Without the checks of a strict server: it would not serve what is damaged.
  const ScriptedServer server([&](const httplib::Request &request, httplib::Response &response) {
    if (request.method == "GET" && cache.files_.contains(request.path))
      response.set_content(cache.files_[request.path], "application/octet-stream");
    else
      handler(request, response);
  });
  Store reader = open(server.url(), StoreMode::kReadWrite, root_ / "reader");
  get(reader, 1);
  EXPECT_THAT(server.seen(), SizeIs(1));
  Store writer = open(server.url() + "|write", StoreMode::kReadWrite);
  get(writer, 1);
  EXPECT_THAT(server.seen().back().request, StartsWith("DELETE /ac/"));
  writer.put(sampleEntry());
  EXPECT_TRUE(remoteHas(reader));
}

TEST_F(HttpRemoteTest, RedirectsAreNotFollowed) {
  const ScriptedServer elsewhere(always(404));
  const ScriptedServer server([&](const httplib::Request &request, httplib::Response &response) {
    response.set_redirect(elsewhere.url() + request.path);
  });
  Store store = open(server.url() + "|token-file=" + folder_.write("token", "sesame\n"));
  get(store, 3);
  EXPECT_THAT(elsewhere.seen(), IsEmpty());
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("redirects to another address (HTTP status 302)")));
}

TEST_F(HttpRemoteTest, TokenIsSentAndNeverShown) {
  const ScriptedServer server(always(403));
  Store store = open(server.url() + "|write|token-file=" + folder_.write("token", "sesame\n"),
                     StoreMode::kReadWrite);
  get(store, 1);
  store.put(sampleEntry());
  for (const auto &seen : server.seen())
    EXPECT_EQ(seen.authorization, "Bearer sesame") << seen.request;
  get(store, 3, sampleKey(kOtherKernel));
  EXPECT_THAT(warnings_, ElementsAre(Not(HasSubstr("sesame"))));
}

TEST_F(HttpRemoteTest, UserAndPasswordAreSentAndNeverShown) {
  const ScriptedServer server(always(403));
  std::string url = server.url();
  url.insert(url.find("//") + 2, "ann:s%40same@");
  Store store = open(url);
  get(store, 3);
  EXPECT_EQ(server.seen().front().authorization, "Basic YW5uOnNAc2FtZQ=="); // ann:s@same
  EXPECT_THAT(warnings_, ElementsAre(AllOf(HasSubstr(server.url()), Not(HasSubstr("same")),
                                           Not(HasSubstr("ann")))));
}

TEST_F(HttpRemoteTest, TokenFileThatIsNoneIsSaidAndNobodyAsked) {
  const ScriptedServer server(always(404));
  for (const char *content : {"", "\n", "two\nlines", "bell\a", "\x7f"}) {
    warnings_.clear();
    const std::string file = folder_.write("token", content);
    Store store = open(server.url() + "|token-file=" + file);
    get(store, 2);
    EXPECT_THAT(warnings_,
                ElementsAre("the remote store " + server.url() + " is not used: " + file +
                            ": holds no secret: one line of printable characters"));
  }
  Store store = open(server.url() + "|token-file=/does/not/exist");
  get(store, 1);
  EXPECT_THAT(warnings_.back(), HasSubstr("/does/not/exist: cannot be read"));
  EXPECT_THAT(server.seen(), IsEmpty());
}

TEST_F(HttpRemoteTest, ConnectionIsKept) {
  std::mutex mutex;
  std::set<int> ports;
  const ScriptedServer server([&](const httplib::Request &request, httplib::Response &response) {
    const std::lock_guard lock(mutex);
    ports.insert(request.remote_port);
    response.status = 404;
  });
  Store store = open(server.url());
  get(store, 4); // httplib closes a connection after five
  EXPECT_THAT(ports, SizeIs(1));
}

TEST_F(HttpRemoteTest, ConnectionIsClosedInProgramsThatAreExecuted) {
  const ScriptedServer server(always(404));
  Store store = open(server.url());
  get(store, 1);
  EXPECT_THAT(descriptorFlags(server.port()), ElementsAre(FD_CLOEXEC));
}

TEST_F(HttpRemoteTest, ManyThreadsMayAsk) {
  BazelCache cache;
  cache.files_ = filled();
  const ScriptedServer server(cache.handler());
  Store store = open(server.url());
  std::vector<std::thread> threads;
  threads.reserve(8);
  std::atomic<int> hits = 0;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int j = 0; j < 20; ++j)
        hits += remoteHas(store) ? 1 : 0;
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(hits, 160);
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(HttpRemoteTest, ForkedChildOpensConnectionsOfItsOwn) {
  std::mutex mutex;
  std::vector<int> ports;
  const ScriptedServer server([&](const httplib::Request &request, httplib::Response &response) {
    const std::lock_guard lock(mutex);
    ports.push_back(request.remote_port);
    response.status = 404;
  });
  Store store = open(server.url());
  get(store, 1);
  EXPECT_EQ(inChild([&] { return store.get(sampleKey())->has_value() ? 1 : 0; }), 0);
  get(store, 1);
  ASSERT_THAT(ports, SizeIs(3));
  EXPECT_NE(ports[1], ports[0]);
  EXPECT_EQ(ports[2], ports[0]);
}

TEST_F(HttpRemoteTest, ProbeTellsWhetherItAnswers) {
  const ScriptedServer good(always(404));
  EXPECT_TRUE(RemoteStore::open(parseRemotes(good.url())->front())->probe());
  const ScriptedServer bad(always(502));
  const auto answer = RemoteStore::open(parseRemotes(bad.url())->front())->probe();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().str(), "it answers with HTTP status 502");
}

} // namespace
} // namespace gemmsmith
