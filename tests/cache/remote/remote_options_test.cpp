#include "cache/remote/remote_options.h"
#include "cache/store_options.h"

#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gemmsmith {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

RemoteOptions only(std::string_view text) {
  const auto remotes = parseRemotes(text);
  EXPECT_TRUE(remotes) << remotes.error().str();
  EXPECT_THAT(*remotes, SizeIs(1));
  return remotes->front();
}

std::string errorOf(std::string_view text) {
  const auto remotes = parseRemotes(text);
  if (remotes)
    return "none";
  EXPECT_EQ(remotes.error().kind, ErrorKind::kUsage);
  return remotes.error().str();
}

TEST(RemoteOptions, NothingAndWhiteSpaceAreNoRemotes) {
  EXPECT_THAT(parseRemotes("").value(), SizeIs(0));
  EXPECT_THAT(parseRemotes(" \n\t ").value(), SizeIs(0));
}

TEST(RemoteOptions, RemotesKeepTheirOrderAndAreOnlyRead) {
  const auto remotes = parseRemotes("  http://a/x/  redis://b\nhttps://c|write ").value();
  ASSERT_THAT(remotes, SizeIs(3));
  EXPECT_EQ(remotes[0].url.address, "http://a/x");
  EXPECT_EQ(remotes[1].url.address, "redis://b");
  EXPECT_EQ(remotes[2].url.address, "https://c");
  EXPECT_FALSE(remotes[0].write);
  EXPECT_TRUE(remotes[2].write);
}

TEST(RemoteOptions, AttributesAreReadAndHaveDefaults) {
  const RemoteOptions given =
      only("https://cache.example/gemmsmith|write|token-file=/etc/token|ca-file=/etc/ca.pem|"
           "connect-timeout=500ms|timeout=5s");
  EXPECT_TRUE(given.write);
  EXPECT_EQ(given.token_file, "/etc/token");
  EXPECT_EQ(given.ca_file, "/etc/ca.pem");
  EXPECT_EQ(given.connect_timeout, milliseconds(500));
  EXPECT_EQ(given.timeout, milliseconds(5000));
  const RemoteOptions plain = only("http://a");
  EXPECT_EQ(plain.connect_timeout, milliseconds(2000));
  EXPECT_EQ(plain.timeout, milliseconds(10000));
  EXPECT_EQ(only("redis://a|password-file=/etc/password").password_file, "/etc/password");
}

TEST(RemoteOptions, UrlsOfHttpKeepTheirPath) {
  const RemoteUrl url = only("https://ann:p%40ss%3A@[::1]:8443/a/b//").url;
  EXPECT_EQ(url.kind, RemoteKind::kHttp);
  EXPECT_EQ(url.address, "https://[::1]:8443/a/b");
  EXPECT_EQ(url.user, "ann");
  EXPECT_EQ(url.password, "p@ss:");
  EXPECT_EQ(url.host, "::1");
  EXPECT_EQ(url.port, 8443);
}

TEST(RemoteOptions, UrlsOfRedisHaveADatabase) {
  const RemoteUrl url = only("redis://:secret@cache-1.example:7000/3").url;
  EXPECT_EQ(url.kind, RemoteKind::kRedis);
  EXPECT_EQ(url.address, "redis://cache-1.example:7000/3");
  EXPECT_EQ(url.user, "");
  EXPECT_EQ(url.password, "secret");
  EXPECT_EQ(url.host, "cache-1.example");
  EXPECT_EQ(url.port, 7000);
  EXPECT_EQ(url.database, 3u);
  EXPECT_EQ(only("redis://h").url.port, 6379);
  EXPECT_EQ(only("redis://h/").url.database, 0u);
}

TEST(RemoteOptions, RedisMayBeASocket) {
  const RemoteUrl url = only("redis+unix://ann:secret@/run/redis.sock").url;
  EXPECT_EQ(url.socket_path, "/run/redis.sock");
  EXPECT_EQ(url.address, "redis+unix:///run/redis.sock");
  EXPECT_EQ(url.user, "ann");
  EXPECT_EQ(url.password, "secret");
}

TEST(RemoteOptions, WrongUrlsAreNamed) {
  for (const auto &[text, why] : {
           std::pair{"cache.example", "'cache.example' is no URL"},
           std::pair{"ftp://a", "'ftp://a' has a scheme that is not known"},
           std::pair{"rediss://a", "'rediss://a' has a scheme that is not known"},
           std::pair{"file:///a", "scheme"},
           std::pair{"http://", "no host"},
           std::pair{"http:///a", "no host"},
           std::pair{"http://a:", "no host and port"},
           std::pair{"http://a:0", "no host and port"},
           std::pair{"http://a:65536", "no host and port"},
           std::pair{"http://a:8o", "no host and port"},
           std::pair{"http://[::1", "no host"},
           std::pair{"http://[::1]8", "no host and port"},
           std::pair{"http://[]", "no host"},
           std::pair{"http://a\\b", "no host"},
           std::pair{"http://a?b", "no host"},
           std::pair{"http://a/?b", "'?' or '#'"},
           std::pair{"redis://a/b", "database"},
           std::pair{"redis://a/-1", "database"},
           std::pair{"redis+unix://", "no socket"},
           std::pair{"redis+unix:///", "no socket"},
           std::pair{"redis+unix://run/redis.sock", "no socket"},
       })
    EXPECT_THAT(errorOf(text), AllOf(HasSubstr("GEMMSMITH_REMOTE"), HasSubstr(why))) << text;
}

TEST(RemoteOptions, WrongAttributesAreNamed) {
  for (const auto &[text, why] : {
           std::pair{"http://a|writes", "http://a: 'writes' is no attribute"},
           std::pair{"http://a|write=1", "'write' is no attribute"},
           std::pair{"http://a||write", "'' is no attribute"},
           std::pair{"http://a|timeout", "'' is no timeout"},
           std::pair{"http://a|timeout=5", "'5' is no timeout; 500ms and 5s are"},
           std::pair{"http://a|timeout=0s", "timeout"},
           std::pair{"http://a|timeout=-1s", "timeout"},
           std::pair{"http://a|timeout=3601s", "timeout"},
           std::pair{"http://a|timeout=99999999999s", "timeout"},
           std::pair{"http://a|connect-timeout=5m", "'5m' is no connect-timeout"},
           std::pair{"http://a|token-file=", "names no file"},
           std::pair{"http://a|ca-file=/c", "'ca-file' is no attribute of http"},
           std::pair{"http://a|password-file=/p", "'password-file' is no attribute of http"},
           std::pair{"redis://a|token-file=/t", "'token-file' is no attribute of redis"},
           std::pair{"https://u:p@a|token-file=/t", "both a user and a token-file"},
           std::pair{"redis://:p@a|password-file=/t", "both a password and a password-file"},
       })
    EXPECT_THAT(errorOf(text), AllOf(HasSubstr("GEMMSMITH_REMOTE"), HasSubstr(why))) << text;
}

TEST(RemoteOptions, NoErrorShowsASecret) {
  for (const char *text :
       {"http://ann:secret@", "ann:secret@host", "http://ann:sec%ret@a",
        "http://ann:secret@a|secrets=secret", "http://ann:x/secret@a", "http://ann:12/secret@a",
        "http://ann:12|secret@a", "redis://:12|secret@a", "http://ann:secret@a:b",
        "redis+unix://ann:secret@host/socket", "gopher://ann:secret@a",
        "http://ann:secret@a|timeout=1", "http://ann:secret@a|token-file=/t", "redis://:secret@a/b",
        "http://a|token=secret"})
    EXPECT_THAT(errorOf(text), AllOf(Not(HasSubstr("secret@")), Not(HasSubstr(":secret")),
                                     Not(HasSubstr("=secret")), HasSubstr("GEMMSMITH_REMOTE")))
        << text;
}

// White space and '|' that are not encoded cut a password into pieces that look like anything.
TEST(RemoteOptions, NoErrorShowsAPieceOfAPassword) {
  for (const char *text :
       {"redis://:my pass@host", "redis://u:my pass@host", "redis://u:my my:my pass@host",
        "http://u:my|a=pass@host", "http://u:my|timeout=pass@host", "http://u:my|my|a=pass@host",
        "http://u:12|my=pass@host", "http://u:12|timeout=my|x@host", "http://u:x@my|pass@host",
        "my://a http://b:pass@c", "http://my|pass http://b:x@c", "http://u:x@my|write=pass"})
    EXPECT_THAT(errorOf(text),
                AllOf(Not(HasSubstr("my")), Not(HasSubstr("pass@")), Not(HasSubstr("'pass")),
                      Not(HasSubstr("u:12")), HasSubstr("GEMMSMITH_REMOTE: ")))
        << text;
  EXPECT_EQ(errorOf("http://a redis://:x@b/c"),
            "GEMMSMITH_REMOTE: remote 2 has a database that is no number");
  EXPECT_EQ(only("http://a|token-file=/home/ann@host/token").token_file, "/home/ann@host/token");
}

TEST(RemoteOptions, ComeFromTheEnvironment) {
  ::setenv("GEMMSMITH_REMOTE", "redis://a http://b", 1);
  ::setenv("HOME", "/home/ann", 1);
  EXPECT_THAT(storeOptionsFromEnvironment().value().remotes, SizeIs(2));
  ::setenv("GEMMSMITH_REMOTE", "nonsense", 1);
  EXPECT_THAT(storeOptionsFromEnvironment().error().str(), HasSubstr("GEMMSMITH_REMOTE"));
  ::unsetenv("GEMMSMITH_REMOTE");
  EXPECT_THAT(storeOptionsFromEnvironment().value().remotes, SizeIs(0));
}

} // namespace
} // namespace gemmsmith
