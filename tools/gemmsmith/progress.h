// Progress of long work on standard error: a bar on a terminal, now and then a line elsewhere.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace gemmsmith {

class Progress {
public:
  // `verb` as in "compiled 12 of 61".
  Progress(std::string verb, std::size_t total);
  ~Progress(); // clears the bar
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;

  // `done` of the total are done, lastly `item`.
  void update(std::size_t done, std::string_view item);
  // A line of its own, above the bar.
  void message(std::string_view text);

private:
  void clearBar();

  std::string verb_;
  std::size_t total_;
  bool terminal_;
  bool bar_shown_ = false;
  std::chrono::steady_clock::time_point last_line_;
};

} // namespace gemmsmith
