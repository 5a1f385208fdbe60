/*
 * Loads each file that it is given, or with COPIES a copy of it in TMPDIR, and
 * prints the sentence with which that is refused, or that it was not.
 */
#include "sysadm_class.hpp"

#include <cstdio>
#include <cstdlib>

static sysadm::modules::Result<sysadm::modules::Module> load(const char *path)
{
#ifdef COPIES
    return sysadm::modules::Module::load_copy(path, std::getenv("TMPDIR"));
#else
    return sysadm::modules::Module::load(path);
#endif
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; ++i) {
        const auto module = load(argv[i]);
        std::puts(module ? "loaded" : module.error().text.c_str());
    }
}
