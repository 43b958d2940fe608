#include "cache/remote/remote_store.h"

#include "cache/entry.h"
#include "cache/remote/module_loader.h"
#include "cache/remote/secret_file.h"

#include <algorithm>
#include <string>
#include <utility>

namespace gemmsmith {

namespace {

// What a call into a module gives back.
class Output {
public:
  explicit Output(const gs_remote_module *module) : module_(module) {}
  ~Output() { module_->release(&blob_); }
  Output(const Output &) = delete;
  Output &operator=(const Output &) = delete;

  gs_remote_blob *get() { return &blob_; }
  std::span<const std::byte> bytes() const {
    return std::as_bytes(std::span(blob_.data, blob_.bytes));
  }
  // Servers may have a say in it: what would confuse a terminal or a log is left out.
  std::string sentence() const {
    if (blob_.bytes == 0)
      return "there is no memory for it";
    constexpr std::size_t kMaxSentenceBytes = 512;
    std::string text(reinterpret_cast<const char *>(blob_.data),
                     std::min(blob_.bytes, kMaxSentenceBytes));
    std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
    return text;
  }
  // Of the verbs that give nothing but success.
  Expected<void> result(int status) const {
    if (status == GS_REMOTE_OK)
      return {};
    return makeError(ErrorKind::kFailed, sentence());
  }

private:
  const gs_remote_module *module_;
  gs_remote_blob blob_{};
};

// A key as modules take it.
struct ModuleKey {
  explicit ModuleKey(const RemoteKey &key)
      : hash(key.hash.hex()), fields{key.text.data(), key.text.size(), hash.c_str()} {}
  ModuleKey(const ModuleKey &) = delete;
  ModuleKey &operator=(const ModuleKey &) = delete;

  std::string hash;
  gs_remote_key fields;
};

Expected<std::string> secretIn(const std::string &path) {
  return path.empty() ? Expected<std::string>("") : readSecret(path);
}

} // namespace

Expected<RemoteStore> RemoteStore::open(const RemoteOptions &options) {
  const auto module = loadRemoteModule(options.url.kind);
  if (!module)
    return tl::unexpected(module.error());
  const auto token = secretIn(options.token_file);
  if (!token)
    return tl::unexpected(token.error());
  auto password = secretIn(options.password_file);
  if (!password)
    return tl::unexpected(password.error());
  if (options.password_file.empty())
    password = options.url.password;
  const gs_remote_options fields{.address = options.url.address.c_str(),
                                 .user = options.url.user.c_str(),
                                 .password = password->c_str(),
                                 .token = token->c_str(),
                                 .ca_file = options.ca_file.c_str(),
                                 .host = options.url.host.c_str(),
                                 .socket_path = options.url.socket_path.c_str(),
                                 .port = options.url.port,
                                 .database = options.url.database,
                                 .connect_timeout_ms =
                                     static_cast<std::uint32_t>(options.connect_timeout.count()),
                                 .timeout_ms = static_cast<std::uint32_t>(options.timeout.count()),
                                 .max_bytes = kMaxEntryBytes};
  gs_remote *remote = nullptr;
  Output output(*module);
  if (const auto opened = output.result((*module)->open(&fields, &remote, output.get())); !opened)
    return tl::unexpected(opened.error());
  return RemoteStore(*module, remote);
}

Found<std::vector<std::byte>> RemoteStore::get(const RemoteKey &key) {
  const ModuleKey module_key(key);
  Output output(module_);
  switch (module_->get(remote_.get(), &module_key.fields, output.get())) {
  case GS_REMOTE_OK:
    return std::vector<std::byte>(output.bytes().begin(), output.bytes().end());
  case GS_REMOTE_ABSENT:
    return makeMiss(MissReason::kAbsent);
  case GS_REMOTE_DAMAGED:
    return makeMiss(MissReason::kDamaged, output.sentence());
  default:
    return makeMiss(MissReason::kUnreadable, output.sentence());
  }
}

Expected<void> RemoteStore::put(const RemoteKey &key, std::span<const std::byte> bytes) {
  const ModuleKey module_key(key);
  Output output(module_);
  return output.result(module_->put(remote_.get(), &module_key.fields,
                                    reinterpret_cast<const unsigned char *>(bytes.data()),
                                    bytes.size(), output.get()));
}

Expected<void> RemoteStore::remove(const RemoteKey &key) {
  const ModuleKey module_key(key);
  Output output(module_);
  return output.result(module_->remove(remote_.get(), &module_key.fields, output.get()));
}

Expected<void> RemoteStore::probe() {
  constexpr std::string_view kProbe = "gemmsmith-probe\n";
  const auto answer = get({.text = kProbe, .hash = hash128(kProbe)});
  if (!answer && answer.error().reason == MissReason::kUnreadable)
    return makeError(ErrorKind::kFailed, answer.error().why);
  return {};
}

} // namespace gemmsmith
