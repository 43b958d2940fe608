# IR tests: every .mlir file under dialects, templates and compiler is run by its RUN lines.
import os

import lit.formats

config.name = "gemmsmith-ir"
config.test_format = lit.formats.ShTest(True)
config.suffixes = [".mlir"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = config.gemmsmith_test_output
config.environment["PATH"] = os.pathsep.join(
    [config.gemmsmith_tools, config.llvm_tools, os.environ["PATH"]])
