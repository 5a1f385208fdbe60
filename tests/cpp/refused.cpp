/*
 * Loads each file that it is given and prints the sentence with which that is
 * refused, or that it was not.
 */
#include "sysadm_class.hpp"

#include <cstdio>

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; ++i) {
        const auto module = sysadm::modules::Module::load(argv[i]);
        std::puts(module ? "loaded" : module.error().text.c_str());
    }
}
