// Graphs: work with dependencies, made by capturing a stream or node by node, and launched whole.
#pragma once

#include "runtime/hipemu/work.h"

#include <memory>
#include <optional>
#include <vector>

namespace gemmsmith::hipemu {

struct Call;
struct Stream;

struct GraphNode {
  Work work;
  std::vector<std::shared_ptr<GraphNode>> after;
  hipGraphNode_t handle = nullptr; // given when first asked for
};

struct Graph {
  std::vector<std::shared_ptr<GraphNode>> nodes; // in order of creation
  hipGraph_t handle = nullptr;

  std::shared_ptr<GraphNode> add(Work work, std::vector<std::shared_ptr<GraphNode>> after);
  bool has(const GraphNode *node) const;
};

// What hipGraphInstantiate makes: the work in an order that respects the dependencies. Of the nodes
// that could come next, the one created last does, which brings out a missing dependency.
struct GraphExecutable {
  std::vector<Work> order;
};

// Nothing if the dependencies have a cycle or leave the graph.
std::optional<GraphExecutable> instantiate(const Graph &graph);

hipError_t launch(Call &c, const GraphExecutable &executable,
                  const std::shared_ptr<Stream> &stream);

using Nodes = std::vector<std::shared_ptr<GraphNode>>;
// The nodes of the handles; false if one is not a node of the graph.
bool findNodes(Call &c, const Graph &graph, const hipGraphNode_t *handles, std::size_t count,
               Nodes &nodes);

hipGraph_t handleOf(Call &c, const std::shared_ptr<Graph> &graph);
hipGraphNode_t handleOf(Call &c, const std::shared_ptr<GraphNode> &node);

} // namespace gemmsmith::hipemu
