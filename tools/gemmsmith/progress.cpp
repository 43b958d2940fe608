#include "tools/gemmsmith/progress.h"

#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utility>

namespace gemmsmith {

namespace {

constexpr std::size_t kBarCells = 24;
constexpr std::chrono::seconds kLineInterval{2}; // a log should not scroll with every object

std::size_t terminalColumns() {
  winsize size = {};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return size.ws_col;
  return 80;
}

} // namespace

Progress::Progress(std::string verb, std::size_t total)
    : verb_(std::move(verb)), total_(total), terminal_(::isatty(STDERR_FILENO) == 1),
      last_line_(std::chrono::steady_clock::now()) {}

Progress::~Progress() {
  clearBar();
}

void Progress::clearBar() {
  if (bar_shown_)
    std::fputs("\r\033[K", stderr);
  bar_shown_ = false;
}

void Progress::update(std::size_t done, std::string_view item) {
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_) {
    if (done < total_ && now - last_line_ < kLineInterval)
      return;
    last_line_ = now;
    fmt::print(stderr, "{} {} of {}\n", verb_, done, total_);
    return;
  }
  const std::size_t filled =
      total_ == 0 ? kBarCells : std::min(kBarCells, kBarCells * done / total_);
  std::string line = fmt::format("[{}{}] {}/{} {}", std::string(filled, '#'),
                                 std::string(kBarCells - filled, '.'), done, total_, item);
  if (const std::size_t columns = terminalColumns(); line.size() >= columns)
    line.resize(columns - 1); // a wrapped line could not be overwritten
  fmt::print(stderr, "\r{}\033[K", line);
  std::fflush(stderr);
  bar_shown_ = true;
}

void Progress::message(std::string_view text) {
  clearBar();
  fmt::print(stderr, "{}\n", text);
}

} // namespace gemmsmith
