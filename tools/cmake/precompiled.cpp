// Nothing of its own: the target needs a source to precompile headers for.
