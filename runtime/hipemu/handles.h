// Handles: what a program holds in place of the library's objects.
//
// A handle is a number that is never given out twice and never points to memory, so a stale,
// foreign or invented one is not found instead of being followed.
#pragma once

#include <map>
#include <memory>

namespace gemmsmith::hipemu {

void *nextHandle();

template <typename T> class Handles {
public:
  void *add(std::shared_ptr<T> object) {
    void *handle = nextHandle();
    objects_.emplace(handle, std::move(object));
    return handle;
  }
  // Null if the handle is none of ours.
  std::shared_ptr<T> find(const void *handle) const {
    auto it = objects_.find(handle);
    return it == objects_.end() ? nullptr : it->second;
  }
  std::shared_ptr<T> remove(const void *handle) {
    std::shared_ptr<T> object = find(handle);
    objects_.erase(handle);
    return object;
  }
  template <typename F> void removeIf(F condition) {
    std::erase_if(objects_, [&](const auto &entry) { return condition(*entry.second); });
  }
  auto begin() const { return objects_.begin(); } // in order of creation
  auto end() const { return objects_.end(); }

private:
  std::map<const void *, std::shared_ptr<T>> objects_;
};

} // namespace gemmsmith::hipemu
