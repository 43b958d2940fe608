#include "tools/gemmsmith/store_entry.h"

#include "configs/hash128.h"
#include "configs/kernel_name.h"
#include "tools/gemmsmith/build_record.h"
#include "tools/gemmsmith/launch_json.h"

#include <fmt/format.h>

namespace gemmsmith {

Entry storeEntry(const CacheKey &key, std::span<const std::byte> bytes,
                 const ObjectSummary &summary, Backend backend) {
  const CacheKeyFields &fields = key.fields();
  const OrderedJson manifest{{"schema", "gemmsmith-entry-manifest-1"},
                             {"kernel", summary.kernel},
                             {"target_id", fields.target_id},
                             {"backend", toString(backend)},
                             {"compiler", fields.compiler},
                             {"allow_spills", fields.allow_spills},
                             {"bytes", bytes.size()},
                             {"xxh3", hash128(bytes).hex()},
                             {"resources", resourcesJson(summary.resources)},
                             {"kernarg_bytes", kernelArgumentBytes(fields.config)},
                             {"arguments", argumentLayoutJson(fields.config)}};
  return {.key = key,
          .manifest = manifest.dump(),
          .code_object = std::vector<std::byte>(bytes.begin(), bytes.end())};
}

Expected<void> checkStoreEntry(const Entry &entry) {
  const CacheKeyFields &fields = entry.key.fields();
  const std::string kernel = kernelName(fields.config);
  const auto summary = summarizeObject(entry.code_object);
  if (!summary)
    return makeError(ErrorKind::kInput, summary.error().message, kernel);
  if (summary->kernel != kernel || summary->target != toString(fields.config.target))
    return makeError(
        ErrorKind::kInput,
        fmt::format("its code object is of kernel {} for {}", summary->kernel, summary->target),
        kernel);
  if (!OrderedJson::parse(entry.manifest, nullptr, /*allow_exceptions=*/false).is_object())
    return makeError(ErrorKind::kInput, "its manifest is not a JSON object", kernel);
  return {};
}

} // namespace gemmsmith
