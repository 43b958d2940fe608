#include "runtime/hipemu/graph.h"

#include "runtime/hipemu/capture.h"
#include "runtime/hipemu/runtime.h"

#include <algorithm>
#include <queue>
#include <unordered_map>
#include <utility>

namespace gemmsmith::hipemu {

std::shared_ptr<GraphNode> Graph::add(Work work, std::vector<std::shared_ptr<GraphNode>> after) {
  auto node = std::make_shared<GraphNode>();
  node->work = std::move(work);
  node->after = std::move(after);
  nodes.push_back(node);
  return node;
}

bool Graph::has(const GraphNode *node) const {
  return std::any_of(nodes.begin(), nodes.end(),
                     [&](const auto &candidate) { return candidate.get() == node; });
}

std::optional<GraphExecutable> instantiate(const Graph &graph) {
  std::unordered_map<const GraphNode *, std::size_t> index;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n)
    index.emplace(graph.nodes[n].get(), n);
  std::vector<std::vector<std::size_t>> followers(graph.nodes.size());
  std::vector<std::size_t> missing(graph.nodes.size());
  std::priority_queue<std::size_t> ready;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    for (const auto &before : graph.nodes[n]->after) {
      auto it = index.find(before.get());
      if (it == index.end())
        return std::nullopt;
      followers[it->second].push_back(n);
      ++missing[n];
    }
    if (missing[n] == 0)
      ready.push(n);
  }
  GraphExecutable executable;
  while (!ready.empty()) {
    std::size_t n = ready.top();
    ready.pop();
    executable.order.push_back(graph.nodes[n]->work);
    for (std::size_t follower : followers[n])
      if (--missing[follower] == 0)
        ready.push(follower);
  }
  if (executable.order.size() != graph.nodes.size())
    return std::nullopt;
  return executable;
}

hipError_t launch(Call &c, const GraphExecutable &executable,
                  const std::shared_ptr<Stream> &stream) {
  for (const Work &work : executable.order)
    if (hipError_t status = enqueue(c, stream, work))
      return status;
  return hipSuccess;
}

bool findNodes(Call &c, const Graph &graph, const hipGraphNode_t *handles, std::size_t count,
               Nodes &nodes) {
  if (count && !handles)
    return false;
  for (std::size_t n = 0; n < count; ++n) {
    auto node = c.runtime.nodes.find(handles[n]);
    if (!node || !graph.has(node.get()))
      return false;
    nodes.push_back(node);
  }
  return true;
}

hipGraph_t handleOf(Call &c, const std::shared_ptr<Graph> &graph) {
  if (!graph->handle)
    graph->handle = static_cast<hipGraph_t>(c.runtime.graphs.add(graph));
  return graph->handle;
}

hipGraphNode_t handleOf(Call &c, const std::shared_ptr<GraphNode> &node) {
  if (!node->handle)
    node->handle = static_cast<hipGraphNode_t>(c.runtime.nodes.add(node));
  return node->handle;
}

} // namespace gemmsmith::hipemu
