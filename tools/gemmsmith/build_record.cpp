#include "tools/gemmsmith/build_record.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace gemmsmith {

namespace {

template <typename Predicate>
std::size_t countObjects(const BuildRecord &record, Predicate predicate) {
  return static_cast<std::size_t>(std::ranges::count_if(
      record.objects, [&](const auto &entry) { return predicate(entry.second); }));
}

OrderedJson keyJson(const RowKey &key) {
  return {{"gfx", key.gfx},
          {"cu_num", key.cu_num},
          {"m", key.m},
          {"n", key.n},
          {"k", key.k},
          {"bias", key.bias},
          {"dtype", key.dtype},
          {"outdtype", key.outdtype},
          {"scale_ab", key.scale_ab},
          {"b_preshuffled", key.b_preshuffled}};
}

const char *statusOf(ObjectOrigin origin) {
  switch (origin) {
  case ObjectOrigin::kCompiled:
    return "compiled";
  case ObjectOrigin::kReused:
    return "reused";
  case ObjectOrigin::kFromStore:
    return "from_store";
  }
  return "";
}

bool built(const BuildRecord &record, const std::string &kernel) {
  const auto it = record.objects.find(kernel);
  return it != record.objects.end() && it->second.stored.has_value();
}

// What manifest and report say alike of a row.
OrderedJson rowJson(const BuildRow &row, const BuildRecord &record) {
  OrderedJson json{{"source", row.source},
                   {"key", keyJson(row.key)},
                   {"disposition", toString(row.disposition)},
                   {"reasons", row.reasons},
                   {"kernel", nullptr}};
  if (built(record, row.kernel))
    json["kernel"] = row.kernel;
  if (!row.superseded_by.empty())
    json["superseded_by"] = row.superseded_by;
  return json;
}

} // namespace

std::size_t BuildRecord::count(ObjectOrigin origin) const {
  return countObjects(*this, [&](const ObjectRecord &o) { return o.stored && o.origin == origin; });
}

std::size_t BuildRecord::failed() const {
  return countObjects(*this, [](const ObjectRecord &o) { return !o.stored; });
}

std::size_t BuildRecord::spilled() const {
  return countObjects(
      *this, [](const ObjectRecord &o) { return o.stored && o.stored->resources.spills(); });
}

double BuildRecord::compileSeconds() const {
  double sum = 0;
  for (const auto &[kernel, object] : objects)
    sum += object.compile_seconds;
  return sum;
}

OrderedJson resourcesJson(const KernelResources &r) {
  return {{"vgprs", r.vgprs},
          {"agprs", r.agprs},
          {"sgprs", r.sgprs},
          {"vgpr_spills", r.vgpr_spills},
          {"sgpr_spills", r.sgpr_spills},
          {"lds_bytes", r.lds_bytes},
          {"scratch_bytes", r.scratch_bytes},
          {"code_bytes", r.code_bytes},
          {"workgroup_size", r.workgroup_size}};
}

OrderedJson manifestJson(const BuildPlan &plan, const BuildRecord &record) {
  OrderedJson objects = OrderedJson::object();
  for (const auto &[kernel, object] : record.objects) {
    if (!object.stored)
      continue;
    const KernelConfig &config = plan.kernels.at(kernel);
    objects[kernel] = {{"file", objectFileName(config)},
                       {"bytes", object.stored->bytes},
                       {"xxh3", object.stored->hash},
                       {"kernarg_bytes", kernelArgumentBytes(config)},
                       {"arguments", argumentLayoutJson(config)}};
  }
  OrderedJson rows = OrderedJson::array();
  for (const BuildRow &row : plan.rows) {
    OrderedJson json = rowJson(row, record);
    if (row.launch && built(record, row.kernel))
      json["launch"] = launchJson(*row.launch);
    rows.push_back(std::move(json));
  }
  return {{"schema", "gemmsmith-manifest-1"}, {"target", plan.target},
          {"generator", record.generator},    {"backend", toString(record.backend)},
          {"objects", std::move(objects)},    {"rows", std::move(rows)}};
}

OrderedJson reportJson(const BuildPlan &plan, const BuildRecord &record) {
  OrderedJson objects = OrderedJson::array();
  for (const auto &[kernel, object] : record.objects) {
    OrderedJson json{{"kernel", kernel}};
    if (!object.stored) {
      json["status"] = "failed";
      json["error"] = object.error;
    } else {
      json["status"] = statusOf(object.origin);
      if (object.origin == ObjectOrigin::kCompiled)
        json["compile_ms"] = object.compile_seconds * 1e3;
      json["bytes"] = object.stored->bytes;
      json["resources"] = resourcesJson(object.stored->resources);
    }
    objects.push_back(std::move(json));
  }
  OrderedJson rows = OrderedJson::array();
  for (const BuildRow &row : plan.rows)
    rows.push_back(rowJson(row, record));
  return {{"schema", "gemmsmith-build-report-1"},
          {"target", plan.target},
          {"generator", record.generator},
          {"backend", toString(record.backend)},
          {"compiler", record.compiler},
          {"workers", record.workers},
          {"seconds", record.seconds},
          {"compile_seconds", record.compileSeconds()},
          {"rows_used_as_written", plan.count(Disposition::kUsedAsWritten)},
          {"rows_used_with_changes", plan.count(Disposition::kUsedWithChanges)},
          {"rows_refused", plan.count(Disposition::kRefused)},
          {"rows_for_other_targets", plan.foreign_rows},
          {"objects_compiled", record.count(ObjectOrigin::kCompiled)},
          {"objects_reused", record.count(ObjectOrigin::kReused)},
          {"objects_from_store", record.count(ObjectOrigin::kFromStore)},
          {"objects_failed", record.failed()},
          {"objects_with_spills", record.spilled()},
          {"warnings", plan.warnings},
          {"objects", std::move(objects)},
          {"rows", std::move(rows)}};
}

std::string summaryText(const BuildPlan &plan, const BuildRecord &record) {
  std::string text;
  if (!plan.rows.empty()) {
    text =
        fmt::format("rows     {}: {} as written, {} with changes, {} refused", plan.rows.size(),
                    plan.count(Disposition::kUsedAsWritten),
                    plan.count(Disposition::kUsedWithChanges), plan.count(Disposition::kRefused));
    if (plan.foreign_rows > 0)
      text += fmt::format(" ({} more for other processors)", plan.foreign_rows);
    text += "\n";
  }
  text += fmt::format("objects  {}: {} compiled, {} reused, {} from the store, {} failed, "
                      "{} with spills\n",
                      record.objects.size(), record.count(ObjectOrigin::kCompiled),
                      record.count(ObjectOrigin::kReused), record.count(ObjectOrigin::kFromStore),
                      record.failed(), record.spilled());
  text += fmt::format("compiler {}\n", record.compiler);
  text +=
      fmt::format("time     {:.1f} s with {} workers, {:.1f} s of it compiling, summed over them\n",
                  record.seconds, record.workers, record.compileSeconds());
  return text;
}

} // namespace gemmsmith
