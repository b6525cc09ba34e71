// The main function of a benchmark: words in, an exit code out, errors told.
#pragma once

#include <exception>
#include <iostream>
#include <string>
#include <vector>

namespace chiasm::bench {

template <class Run>
int program(int count, char** words, const Run& run) {
  try {
    return run(std::vector<std::string>(words + 1, words + count));
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 2;
  }
}

}  // namespace chiasm::bench
