// Against redis-server itself, and against servers that misbehave.
#include "cache/remote/redis/redis_connection.h"
#include "tests/cache/remote/raw_server.h"
#include "tests/cache/remote/remote_fixture.h"

#include <fmt/format.h>
#include <gtest/gtest-spi.h>
#include <optional>

namespace gemmsmith {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

using Clock = std::chrono::steady_clock;

class RedisTest : public RemoteFixture {
protected:
  void SetUp() override { start(); }
  void start(const std::vector<std::string> &more = {}) {
    std::vector<std::string> command{"redis-server", "--port",      std::to_string(port_),
                                     "--bind",       "127.0.0.1",   "--unixsocket",
                                     socket_,        "--save",      "",
                                     "--appendonly", "no",          "--dir",
                                     root_.string(), "--daemonize", "no"};
    command.insert(command.end(), more.begin(), more.end());
    server_.emplace(command, port_);
    // It listens at the socket a little later.
    const auto give_up = Clock::now() + std::chrono::seconds(20);
    while (!RedisConnection::open(options_) && Clock::now() < give_up)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  void restart(const std::vector<std::string> &more = {}) {
    server_->kill();
    start(more);
  }

  std::string socketUrl() const { return "redis+unix://" + socket_; }
  std::string url(const std::string &user_info = "") const {
    return fmt::format("redis://{}127.0.0.1:{}", user_info, port_);
  }
  // Past the store.
  RedisConnection::Reply tell(const std::vector<std::string_view> &words) {
    if (!client_)
      client_ = RedisConnection::open(options_).value();
    return client_->command(words).value();
  }
  static std::string name(const CacheKey &key = sampleKey()) {
    return "gemmsmith:1:" + key.hash().hex();
  }

  const std::string socket_ = root_ / "redis.sock";
  const int port_ = ServerProcess::freePort();
  const RedisOptions options_{.host = {},
                              .socket_path = socket_,
                              .port = 0,
                              .database = 0,
                              .user = {},
                              .password = {},
                              .connect_timeout = std::chrono::seconds(5),
                              .timeout = std::chrono::seconds(5),
                              .max_bytes = kMaxEntryBytes};
  std::unique_ptr<RedisConnection> client_;
  std::optional<ServerProcess> server_;
};

TEST_F(RedisTest, KeepsAndGivesOverTcpAndOverASocket) {
  const Entry large = sampleEntry(sampleKey(kOtherKernel), std::size_t{4} << 20);
  Store store = open(url() + "|write", StoreMode::kReadWrite);
  get(store, 1);
  store.put(sampleEntry());
  store.put(large);
  for (const std::string &address : {url(), socketUrl()}) {
    Store other = open(address, StoreMode::kReadOnly, root_ / "other");
    EXPECT_TRUE(remoteHas(other));
    EXPECT_TRUE(remoteHas(other, large));
    EXPECT_EQ(originOf(other), address);
  }
  EXPECT_EQ(tell({"EXISTS", name()})->integer, 1);
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(RedisTest, DatabasesAreApart) {
  Store store = open(url() + "/3|write", StoreMode::kReadWrite);
  store.put(sampleEntry());
  Store same = open(url() + "/3", StoreMode::kReadOnly, root_ / "other");
  EXPECT_TRUE(remoteHas(same));
  Store another = open(url() + "/4", StoreMode::kReadOnly, root_ / "other");
  get(another, 1);
  Store none = open(url() + "/99", StoreMode::kReadOnly, root_ / "other");
  get(none, 3);
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("it answers to SELECT: ERR")));
}

TEST_F(RedisTest, PasswordsAreInTheUrlOrInAFile) {
  restart({"--requirepass", "sesame"});
  open(url(":sesame@") + "|write", StoreMode::kReadWrite).put(sampleEntry());
  for (const std::string &remote :
       {url(":sesame@"), url("default:sesame@"),
        url() + "|password-file=" + folder_.write("password", "sesame\n"),
        "redis+unix://:sesame@" + socket_}) {
    Store other = open(remote, StoreMode::kReadOnly, root_ / "other");
    EXPECT_TRUE(remoteHas(other)) << remote;
  }
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(RedisTest, RefusedPasswordIsAFailureThatDoesNotShowIt) {
  restart({"--requirepass", "sesame"});
  Store wrong = open(url(":simsim@"));
  get(wrong, 4);
  EXPECT_THAT(warnings_, ElementsAre(AllOf(HasSubstr("it refuses this user and password"),
                                           Not(HasSubstr("simsim")))));
  warnings_.clear();
  Store none = open(url());
  get(none, 4);
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("NOAUTH")));
}

TEST_F(RedisTest, DamageIsRemovedWhereItMayBe) {
  tell({"SET", name(), "damaged"});
  Store reader = open(url());
  get(reader, 4);
  EXPECT_THAT(warnings_, SizeIs(4));
  EXPECT_EQ(tell({"EXISTS", name()})->integer, 1);
  Store writer = open(url() + "|write", StoreMode::kReadWrite);
  get(writer, 1);
  EXPECT_EQ(tell({"EXISTS", name()})->integer, 0);
}

TEST_F(RedisTest, EveryDamagedByteIsAMiss) {
  const std::string whole = encoded(sampleEntry());
  Store store = open(socketUrl());
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    tell({"SET", name(), changed});
    ASSERT_FALSE(store.get(sampleKey())->has_value()) << at;
    tell({"SET", name(), std::string_view(whole).substr(0, at)});
    ASSERT_FALSE(store.get(sampleKey())->has_value()) << at;
  }
  tell({"SET", name(), whole});
  EXPECT_TRUE(remoteHas(store));
}

TEST_F(RedisTest, EntryOfAnotherKeyIsAMiss) {
  tell({"SET", name(), encoded(sampleEntry(sampleKey(kOtherKernel)))});
  Store store = open(url());
  get(store, 1);
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("it is of another key")));
}

TEST_F(RedisTest, ValueOfAnotherTypeIsAFailure) {
  tell({"RPUSH", name(), "a"});
  Store store = open(url());
  get(store, 3);
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("WRONGTYPE")));
}

TEST_F(RedisTest, ValueBeyondTheLimitIsNotReceivedWhole) {
  tell({"SETRANGE", name(), std::to_string(kMaxEntryBytes + 100000), "x"});
  Store store = open(socketUrl());
  get(store, 1);
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("larger than")));
}

TEST_F(RedisTest, ServerWithoutMemoryIsSaidOnce) {
  tell({"CONFIG", "SET", "maxmemory", "1"});
  Store store = open(url() + "|write", StoreMode::kReadWrite);
  for (int i = 0; i < 5; ++i)
    store.put(sampleEntry());
  EXPECT_THAT(warnings_, ElementsAre(AllOf(HasSubstr("nothing is put"), HasSubstr("OOM"))));
}

TEST_F(RedisTest, BrokenConnectionIsReplacedWithoutAWord) {
  Store writer = open(url() + "|write", StoreMode::kReadWrite);
  writer.put(sampleEntry());
  Store store = open(url(), StoreMode::kReadOnly, root_ / "other");
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(remoteHas(store));
    tell({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  }
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(RedisTest, KilledAndRestartedInMidUse) {
  Store store = open(url() + "|write", StoreMode::kReadWrite);
  get(store, 1, sampleKey(kOtherKernel));
  server_->kill();
  get(store, 2, sampleKey(kOtherKernel));
  start();
  store.put(sampleEntry());
  Store other = open(url(), StoreMode::kReadOnly, root_ / "other");
  EXPECT_TRUE(remoteHas(other));
  EXPECT_THAT(warnings_, IsEmpty());
  server_->kill();
  get(other, 5);
  EXPECT_THAT(warnings_, ElementsAre(AllOf(HasSubstr(url()), HasSubstr("Connection refused"))));
}

TEST_F(RedisTest, FrozenServerCostsItsTimeoutThreeTimes) {
  Store store = open(url() + "|timeout=100ms");
  get(store, 1);
  server_->freeze();
  const auto start = Clock::now();
  get(store, 200);
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(10));
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("no answer within 100 ms")));
}

TEST_F(RedisTest, ServerThatTakesNothingInIsGivenUp) {
  // It reads a few bytes and no more: the rest fills what lies between.
  RawServer *self = nullptr;
  RawServer server([&](int) { self->stall(); });
  self = &server;
  auto remote = RemoteStore::open(
      parseRemotes(fmt::format("redis://127.0.0.1:{}|timeout=100ms", server.port()))->front());
  const std::vector<std::byte> bytes(std::size_t{60} << 20);
  const auto start = Clock::now();
  const auto put = remote->put({.text = "key", .hash = hash128("key")}, bytes);
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(10));
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().str(), "no answer within 100 ms");
}

TEST_F(RedisTest, EndlessAnswerIsCutOff) {
  std::atomic<std::size_t> sent = 0;
  const RawServer server([&](int fd) {
    RawServer::send(fd, "$2000000000\r\n");
    const std::string block(1 << 16, 'x');
    while (RawServer::send(fd, block))
      sent += block.size();
  });
  Store store = open(fmt::format("redis://127.0.0.1:{}", server.port()));
  get(store, 1);
  EXPECT_LT(sent, std::size_t{128} << 20);
}

// Elements are consumed as they come, so that a bound on what lies in the reader bounds nothing.
TEST_F(RedisTest, AnswerOfManyValuesIsNotReceived) {
  std::string nested;
  for (int i = 0; i < 20; ++i)
    nested += "*1000000\r\n";
  for (const std::string &start : {std::string("*100000000\r\n"), nested, std::string("%1\r\n")}) {
    std::atomic<std::size_t> sent = 0;
    const RawServer server([&](int fd) {
      std::string block;
      while (block.size() < std::size_t{1} << 16)
        block += ":1\r\n";
      for (bool taken = RawServer::send(fd, start); taken && sent < std::size_t{512} << 20;
           taken = RawServer::send(fd, block))
        sent += block.size();
    });
    warnings_.clear();
    Store store = open(fmt::format("redis://127.0.0.1:{}", server.port()));
    get(store, 3);
    EXPECT_LT(sent, std::size_t{64} << 20);
    EXPECT_THAT(warnings_, ElementsAre(HasSubstr("its answer is of an unexpected kind")));
  }
}

TEST_F(RedisTest, EndlessNumberIsCutOff) {
  std::atomic<std::size_t> sent = 0;
  const RawServer server([&](int fd) {
    RawServer::send(fd, ":");
    const std::string block(1 << 16, '1');
    while (RawServer::send(fd, block))
      sent += block.size();
  });
  Store store = open(fmt::format("redis://127.0.0.1:{}", server.port()));
  get(store, 3);
  EXPECT_LT(sent, std::size_t{64} << 20);
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("its answer is larger than")));
}

TEST_F(RedisTest, WhatComesBehindAnAnswerIsNotTheNextOne) {
  const RawServer server([](int fd) { RawServer::send(fd, "+one\r\n+two\r\n"); });
  RedisOptions options = options_;
  options.socket_path.clear();
  options.host = "127.0.0.1";
  options.port = server.port();
  const auto connection = RedisConnection::open(options).value();
  EXPECT_TRUE(connection->command({"PING"}));
  EXPECT_FALSE(connection->usable());
}

TEST_F(RedisTest, TestWhosePortAnotherProgramTookSaysSo) {
  const RawServer other([](int) {});
  const std::string port = std::to_string(other.port());
  EXPECT_NONFATAL_FAILURE(
      ServerProcess({"redis-server", "--port", port, "--bind", "127.0.0.1"}, other.port()),
      "redis-server does not listen at port " + port);
}

TEST_F(RedisTest, NothingIsAbsent) {
  const RawServer server([](int fd) { RawServer::send(fd, "$-1\r\n"); });
  Store store = open(fmt::format("redis://127.0.0.1:{}", server.port()));
  get(store, 4);
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(RedisTest, PutThatIsNotSaidToBeDoneIsAFailure) {
  const RawServer server([](int fd) { RawServer::send(fd, ":1\r\n"); });
  auto remote =
      RemoteStore::open(parseRemotes(fmt::format("redis://127.0.0.1:{}", server.port()))->front());
  const auto put = remote->put({.text = "key", .hash = hash128("key")}, std::vector<std::byte>(1));
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().str(), "its answer to SET is not OK");
}

TEST_F(RedisTest, ConnectionIsClosedInProgramsThatAreExecuted) {
  Store store = open(url());
  get(store, 1);
  EXPECT_THAT(descriptorFlags(port_), ElementsAre(FD_CLOEXEC));
}

TEST_F(RedisTest, TricklingAnswerIsCutOff) {
  const RawServer server([](int fd) {
    RawServer::send(fd, "$100000\r\n");
    while (RawServer::send(fd, "x"))
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  });
  Store store = open(fmt::format("redis://127.0.0.1:{}|timeout=100ms", server.port()));
  const auto start = Clock::now();
  get(store, 3);
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(10));
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("no answer within 100 ms")));
}

TEST_F(RedisTest, AnswerThatIsNotOfRedisIsAFailure) {
  const RawServer server([](int fd) { RawServer::send(fd, "HTTP/1.1 400 Bad Request\r\n\r\n"); });
  Store store = open(fmt::format("redis://127.0.0.1:{}", server.port()));
  get(store, 3);
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("is not used any more")));
}

TEST_F(RedisTest, ManyThreadsAndAForkedChildMayAsk) {
  open(url() + "|write", StoreMode::kReadWrite).put(sampleEntry());
  Store store = open(url(), StoreMode::kReadOnly, root_ / "other");
  const auto ask = [&] {
    for (int j = 0; j < 50; ++j)
      if (!remoteHas(store))
        return 1;
    return 0;
  };
  EXPECT_EQ(ask(), 0);
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] { failed += ask(); });
  for (std::thread &thread : threads)
    thread.join();
  const pid_t child = ::fork();
  if (child == 0)
    ::_exit(ask());
  failed += ask();
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(failed, 0);
  EXPECT_THAT(warnings_, IsEmpty());
}

} // namespace
} // namespace gemmsmith
