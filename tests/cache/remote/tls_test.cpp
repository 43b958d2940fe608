#include "tests/cache/remote/remote_fixture.h"
#include "tests/cache/remote/scripted_server.h"

#include <cstdlib>

namespace gemmsmith {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// A certificate authority, and a server's certificate of it.
struct Authority {
  Authority(const TemporaryFolder &folder, const std::string &name, const std::string &subject)
      : ca(folder.file(name + "-ca.pem")), certificate(folder.file(name + ".pem")),
        key(folder.file(name + ".key")) {
    const std::string ca_key = folder.file(name + "-ca.key");
    const std::string request = folder.file(name + ".csr");
    const std::string extensions = folder.write(name + ".ext", "subjectAltName=" + subject + "\n");
    openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=Test-CA -keyout " + ca_key +
            " -out " + ca);
    openssl("req -newkey rsa:2048 -nodes -subj /CN=server -keyout " + key + " -out " + request);
    openssl("x509 -req -days 2 -in " + request + " -CA " + ca + " -CAkey " + ca_key +
            " -CAcreateserial -extfile " + extensions + " -out " + certificate);
  }

  static void openssl(const std::string &arguments) {
    EXPECT_EQ(std::system(("openssl " + arguments + " >/dev/null 2>&1").c_str()), 0) << arguments;
  }

  std::string ca;
  std::string certificate;
  std::string key;
};

class TlsTest : public RemoteFixture {
protected:
  static void absent(const httplib::Request &, httplib::Response &response) {
    response.status = 404;
  }

  const Authority authority_{folder_, "good", "IP:127.0.0.1"};
};

TEST_F(TlsTest, ServerOfAnAuthorityThatIsNamedIsTrusted) {
  const ScriptedServer server(absent, authority_.certificate, authority_.key);
  Store store = open(server.url() + "|ca-file=" + authority_.ca);
  get(store, 3);
  EXPECT_THAT(server.seen(), SizeIs(3));
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(TlsTest, ServerOfAnotherAuthorityIsNot) {
  const Authority other(folder_, "other", "IP:127.0.0.1");
  const ScriptedServer server(absent, authority_.certificate, authority_.key);
  Store store = open(server.url() + "|ca-file=" + other.ca +
                     "|token-file=" + folder_.write("token", "sesame"));
  get(store, 3);
  EXPECT_THAT(server.seen(), IsEmpty());
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("certificate")));
}

TEST_F(TlsTest, ServerOfAnAuthorityThatNobodyNamedIsNot) {
  const ScriptedServer server(absent, authority_.certificate, authority_.key);
  Store store = open(server.url());
  get(store, 3);
  EXPECT_THAT(server.seen(), IsEmpty());
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("certificate")));
}

TEST_F(TlsTest, CertificateOfAnotherHostIsRefused) {
  const Authority other(folder_, "host", "DNS:cache.example");
  const ScriptedServer server(absent, other.certificate, other.key);
  Store store = open(server.url() + "|ca-file=" + other.ca);
  get(store, 3);
  EXPECT_THAT(server.seen(), IsEmpty());
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("certificate")));
}

TEST_F(TlsTest, CertificatesThatCannotBeReadAreNamed) {
  const ScriptedServer server(absent, authority_.certificate, authority_.key);
  Store store = open(server.url() + "|ca-file=/does/not/exist");
  get(store, 3);
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("/does/not/exist")));
}

} // namespace
} // namespace gemmsmith
