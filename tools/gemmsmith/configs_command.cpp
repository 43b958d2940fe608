#include "tools/gemmsmith/configs_command.h"

#include "configs/atomic_file.h"
#include "configs/kernel_name.h"
#include "configs/row_outcome.h"
#include "configs/table_import.h"
#include "configs/table_set.h"
#include "tools/gemmsmith/exit_code.h"

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace gemmsmith {

namespace {

constexpr std::array kDispositions{Disposition::kUsedAsWritten, Disposition::kUsedWithChanges,
                                   Disposition::kRefused};

struct CheckOptions {
  std::vector<std::string> tables;
  bool strict = false;
  bool json = false;
  bool quiet = false;
};

struct CheckedRow {
  const TunedRow *row;
  RowOutcome outcome;
};

// What `configs check` found, in the order of the tables.
struct CheckReport {
  std::vector<CheckedRow> rows;
  std::vector<Duplicate> duplicates;
  // (gfx, libtype) -> rows of each disposition.
  std::map<std::pair<std::string, std::string>, std::array<int, kDispositions.size()>> totals;
  std::set<std::string> kernels;
  int unserved = 0; // refused although they are for gfx950
};

std::size_t indexOf(Disposition disposition) {
  return static_cast<std::size_t>(disposition);
}

CheckReport check(const TableSet &tables) {
  CheckReport report;
  report.duplicates = tables.duplicates();
  for (const TunedTable &table : tables.tables())
    for (const TunedRow &row : table.rows) {
      RowOutcome outcome = rowOutcome(row);
      const std::string libtype = row.libtype.empty() ? "(none)" : row.libtype;
      ++report.totals[{row.key.gfx, libtype}][indexOf(outcome.disposition)];
      if (outcome.disposition != Disposition::kRefused)
        report.kernels.insert(kernelName(outcome.config));
      else if (row.key.gfx == toString(Target::kGfx950))
        ++report.unserved;
      report.rows.push_back({&row, std::move(outcome)});
    }
  return report;
}

std::string asText(const CheckReport &report, bool quiet) {
  std::string text;
  const auto out = std::back_inserter(text);
  for (const auto &[row, outcome] : report.rows) {
    if (quiet)
      break;
    fmt::format_to(out, "{}: {}", row->source, toString(outcome.disposition));
    if (outcome.disposition != Disposition::kRefused)
      fmt::format_to(out, ": {} splits={}", kernelName(outcome.config), outcome.splits);
    if (!outcome.reasons.empty())
      fmt::format_to(out, ": {}", fmt::join(outcome.reasons, "; "));
    text += '\n';
  }
  for (const Duplicate &duplicate : report.duplicates)
    fmt::format_to(out, "duplicate: {}: {} wins over {}\n", toString(duplicate.key),
                   duplicate.winner, duplicate.loser);

  std::array<int, kDispositions.size()> sums{};
  constexpr std::string_view kLine = "{:<10} {:<12} {:>16} {:>18} {:>9}\n";
  fmt::format_to(out, fmt::runtime(kLine), "target", "libtype", "used as written",
                 "used with changes", "refused");
  for (const auto &[group, counts] : report.totals) {
    fmt::format_to(out, fmt::runtime(kLine), group.first, group.second, counts[0], counts[1],
                   counts[2]);
    for (std::size_t i = 0; i < counts.size(); ++i)
      sums[i] += counts[i];
  }
  fmt::format_to(out, fmt::runtime(kLine), "all", "", sums[0], sums[1], sums[2]);
  fmt::format_to(out, "{} rows, {} kernels, {} duplicate shapes, {} rows for gfx950 refused\n",
                 report.rows.size(), report.kernels.size(), report.duplicates.size(),
                 report.unserved);
  return text;
}

std::string asJson(const CheckReport &report) {
  using Json = nlohmann::ordered_json;
  Json rows = Json::array();
  for (const auto &[row, outcome] : report.rows) {
    Json entry{{"source", row->source},
               {"gfx", row->key.gfx},
               {"libtype", row->libtype},
               {"m", row->key.m},
               {"n", row->key.n},
               {"k", row->key.k},
               {"disposition", toString(outcome.disposition)}};
    if (outcome.disposition != Disposition::kRefused) {
      entry["kernel"] = kernelName(outcome.config);
      entry["splits"] = outcome.splits;
    }
    entry["reasons"] = outcome.reasons;
    rows.push_back(std::move(entry));
  }
  Json duplicates = Json::array();
  for (const Duplicate &d : report.duplicates)
    duplicates.push_back({{"shape", toString(d.key)}, {"winner", d.winner}, {"loser", d.loser}});
  Json totals = Json::array();
  for (const auto &[group, counts] : report.totals) {
    Json entry{{"gfx", group.first}, {"libtype", group.second}};
    for (Disposition disposition : kDispositions)
      entry[std::string(toString(disposition))] = counts[indexOf(disposition)];
    totals.push_back(std::move(entry));
  }
  const Json all{{"rows", std::move(rows)},
                 {"duplicates", std::move(duplicates)},
                 {"totals", std::move(totals)},
                 {"kernels", report.kernels.size()},
                 {"unserved", report.unserved}};
  // Cells may hold bytes that are not UTF-8.
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

int runCheck(const CheckOptions &options) {
  int code = kExitGood;
  std::vector<TunedTable> tables;
  for (const std::string &path : options.tables) {
    Expected<TunedTable> table = readTunedTable(path);
    if (table)
      tables.push_back(std::move(*table));
    else
      code = reportError(table.error());
  }
  if (tables.empty())
    return code;
  // Duplicates are reported in full before --strict makes them a failure.
  const Expected<TableSet> set = TableSet::merge(std::move(tables));
  if (!set)
    return reportError(set.error());
  const CheckReport report = check(*set);
  // A full disk shows when main() flushes; fmt::print would throw here.
  std::fputs((options.json ? asJson(report) : asText(report, options.quiet)).c_str(), stdout);
  if (options.strict && !report.duplicates.empty())
    code = reportError(
        {ErrorKind::kInput,
         fmt::format("{} duplicate shapes, which --strict refuses", report.duplicates.size()),
         {}});
  if (report.unserved > 0)
    code = reportError(
        {ErrorKind::kIllegal, fmt::format("{} rows for gfx950 are refused", report.unserved), {}});
  return code;
}

struct ImportOptions {
  std::string table;
  std::string output;
};

int runImport(const ImportOptions &options) {
  std::error_code ignored; // an output that does not exist yet is no input
  if (std::filesystem::equivalent(options.table, options.output, ignored))
    return reportError({ErrorKind::kUsage,
                        "this is the input, which is never written; choose another -o",
                        options.output});
  const Expected<TunedTable> table = readTunedTable(options.table);
  if (!table)
    return reportError(table.error());
  const Expected<ImportedTable> imported = importTable(*table);
  if (!imported)
    return reportError(imported.error());
  if (const Expected<void> written = writeFileAtomically(options.output, imported->csv); !written)
    return reportError(written.error());
  std::fputs(fmt::format("{}: {} rows\n", options.output, imported->rows).c_str(), stdout);
  if (imported->skipped > 0)
    reportWarning(fmt::format("{}: {} rows are left out, they are for other targets than gfx950",
                              options.table, imported->skipped));
  return kExitGood;
}

} // namespace

void addConfigsCommand(CLI::App &app, int &exit_code) {
  CLI::App *configs = app.add_subcommand("configs", "Check and import tuned tables");
  configs->require_subcommand(1);

  const auto check_options = std::make_shared<CheckOptions>();
  CLI::App *check_command =
      configs->add_subcommand("check", "Say what becomes of every row of tuned tables");
  check_command->add_option("TABLE", check_options->tables, "Tuned tables or shape lists (CSV)")
      ->required();
  check_command->add_flag("--strict", check_options->strict, "Fail when a shape has two owners");
  check_command->add_flag("--json", check_options->json, "Print the report as JSON");
  check_command->add_flag("-q,--quiet", check_options->quiet, "Leave out the line of each row");
  check_command->callback([check_options, &exit_code] { exit_code = runCheck(*check_options); });

  const auto import_options = std::make_shared<ImportOptions>();
  CLI::App *import_command =
      configs->add_subcommand("import", "Rewrite a public table in Gemmsmith's kernel names");
  import_command->add_option("TABLE", import_options->table, "The table to read; never written")
      ->required();
  import_command->add_option("-o,--output", import_options->output, "The table to write")
      ->required();
  import_command->callback(
      [import_options, &exit_code] { exit_code = runImport(*import_options); });
}

} // namespace gemmsmith
