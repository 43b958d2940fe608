// The places that a context gets its code objects from, as its settings say, in the order that
// gemmsmith.h promises.
//
// Thread-safe, as the chain is.
#pragma once

#include "cache/store.h"
#include "runtime/counters.h"
#include "runtime/known_compiler.h"
#include "runtime/log.h"
#include "runtime/settings.h"
#include "runtime/source_chain.h"

namespace gemmsmith::runtime {

class ObjectPlaces {
public:
  // `counters` and `log` must outlive this.
  ObjectPlaces(const Settings &settings, Counters &counters, const Log &log);
  ObjectPlaces(const ObjectPlaces &) = delete;
  ObjectPlaces &operator=(const ObjectPlaces &) = delete;

  SourceChain &chain() { return chain_; }

private:
  void addSources(const Settings &settings);

  Store store_;
  KnownCompiler compiler_;
  SourceChain chain_; // whose sources use both
};

} // namespace gemmsmith::runtime
