#!/usr/bin/env bash
# clang-tidy with the checks of .clang-tidy over the code that reads what others wrote and that runs
# processes: there a slip costs most. (The whole tree takes too long on two cores: every file that
# includes MLIR costs half a minute.)
#
# check_lint.sh BUILD_DIRECTORY
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build=${1:?usage: check_lint.sh BUILD_DIRECTORY}
files=(
  cache/bundle.cpp
  cache/bundle_index.cpp
  cache/bundle_signature.cpp
  cache/bundle_writer.cpp
  cache/cache_key.cpp
  cache/compiler_record.cpp
  cache/disk_store.cpp
  cache/entry.cpp
  cache/eviction.cpp
  cache/key_lock.cpp
  cache/pending_file.cpp
  cache/quarantine.cpp
  cache/remote/guarded_remote.cpp
  cache/remote/http/action_result.cpp
  cache/remote/http/http_remote.cpp
  cache/remote/http/module.cpp
  cache/remote/http/sha256.cpp
  cache/remote/http/transfer.cpp
  cache/remote/module_loader.cpp
  cache/remote/redis/module.cpp
  cache/remote/redis/redis_connection.cpp
  cache/remote/redis/redis_remote.cpp
  cache/remote/remote_options.cpp
  cache/remote/remote_store.cpp
  cache/remote/remote_url.cpp
  cache/remote/secret_file.cpp
  cache/store.cpp
  cache/store_layout.cpp
  cache/store_listing.cpp
  cache/store_options.cpp
  cache/trusted_directory.cpp
  cache/trusted_file.cpp
  configs/csv.cpp
  configs/kernel_name.cpp
  configs/launch.cpp
  configs/legality.cpp
  configs/table_set.cpp
  configs/this_file.cpp
  configs/tuned_table.cpp
  runtime/code_object.cpp
  runtime/context.cpp
  runtime/directory_source.cpp
  runtime/elf_file.cpp
  runtime/emulator/dispatch.cpp
  runtime/emulator/memory.cpp
  runtime/emulator/module.cpp
  runtime/emulator/scheduler.cpp
  runtime/gemmsmith.cpp
  runtime/hip/library.cpp
  runtime/hipemu/code_bundle.cpp
  runtime/kernel_modules.cpp
  runtime/known_compiler.cpp
  runtime/metadata_note.cpp
  runtime/object_places.cpp
  runtime/parallel_fetch.cpp
  runtime/service/service_client.cpp
  runtime/service/service_connection.cpp
  runtime/service/service_message.cpp
  runtime/service/service_protocol.cpp
  runtime/service/service_socket.cpp
  runtime/service/service_starter.cpp
  runtime/service_source.cpp
  runtime/settings.cpp
  runtime/source_chain.cpp
  runtime/store_source.cpp
  runtime/watched_tables.cpp
  runtime/workspaces.cpp
  compiler/hiprtc/candidates.cpp
  compiler/hiprtc/comgr.cpp
  compiler/hiprtc/environment.cpp
  compiler/hiprtc/hiprtc_compiler.cpp
  compiler/hiprtc/hiprtc_description.cpp
  compiler/hiprtc/hiprtc_finder.cpp
  compiler/hiprtc/hiprtc_library.cpp
  compiler/temporary_directory.cpp
  compiler/worker_pool.cpp
  compiler/worker_process.cpp
  compiler/worker_protocol.cpp
  compiler/worker_server.cpp
  tools/gemmsmith/build_plan.cpp
  tools/gemmsmith/cache_reading.cpp
  tools/gemmsmith/cache_transfer.cpp
  tools/gemmsmith/hip_device.cpp
  tools/gemmsmith/kernel_arguments.cpp
  tools/gemmsmith/kernel_queue.cpp
  tools/gemmsmith/main_loop.cpp
  tools/gemmsmith/missing_objects.cpp
  tools/gemmsmith/object_directory.cpp
  tools/gemmsmith/remote_state.cpp
  tools/gemmsmith/run_command.cpp
  tools/gemmsmith/run_operands.cpp
  tools/gemmsmith/serve_command.cpp
  tools/gemmsmith/serve_control.cpp
  tools/gemmsmith/service_compiler.cpp
  tools/gemmsmith/service_diagnosis.cpp
  tools/gemmsmith/store_access.cpp
  tools/gemmsmith/store_diagnosis.cpp
  tools/gemmsmith/worker_compiler.cpp
  tools/service/background.cpp
  tools/service/broker.cpp
  tools/service/compiler_note.cpp
  tools/service/connection.cpp
  tools/service/connection_loop.cpp
  tools/service/listening_socket.cpp
  tools/service/metrics_server.cpp
  tools/service/recent_answers.cpp
  tools/service/remote_writer.cpp
  tools/service/service.cpp
  tools/service/service_counters.cpp
  tools/service/service_log.cpp
  tools/service/service_report.cpp
)
printf '%s\0' "${files[@]}" |
  xargs -0 -n 1 -P "$(nproc)" clang-tidy-22 --quiet --warnings-as-errors='*' -p "$build" 2> >(
    grep -v 'warnings generated\|warning generated' >&2 || true
  )
echo "${#files[@]} files are clean"
