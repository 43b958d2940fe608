// What `gemmsmith doctor` says of the compile service. Starts none.
#pragma once

#include "configs/error.h"
#include "tools/gemmsmith/launch_json.h"

#include <string>

namespace gemmsmith {

struct ServiceDiagnosis {
  std::string socket;
  Expected<OrderedJson> status; // what it says of itself, or why it does not
  bool absent = false;          // as none listens there
};

ServiceDiagnosis diagnoseService();

void printService(const ServiceDiagnosis &diagnosis);

// {"socket", "runs", "reason", "status"}
OrderedJson serviceJson(const ServiceDiagnosis &diagnosis);

} // namespace gemmsmith
