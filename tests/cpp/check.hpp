/* What the C++ tests share: a check that says what failed, and a file's mappings. */
#ifndef TESTS_CPP_CHECK_HPP
#define TESTS_CPP_CHECK_HPP

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#define CHECK(is_so)                                                              \
    do {                                                                          \
        if (!(is_so)) {                                                           \
            std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #is_so); \
            std::exit(1);                                                         \
        }                                                                         \
    } while (false)

/* Is there a mapping of a file whose path holds `name`? Unknown without /proc. */
inline bool is_mapped(const std::string &name, bool otherwise)
{
    std::ifstream maps("/proc/self/maps");
    if (!maps)
        return otherwise;
    for (std::string line; std::getline(maps, line);)
        if (line.find(name) != std::string::npos)
            return true;
    return false;
}

#endif
