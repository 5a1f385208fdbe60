/*
 * The C++ header before anything else, twice, and in both units of one program:
 * compiled once as it is and once with -DSECOND.
 */
#include "sysadm_class.hpp"
#include "sysadm_class.hpp"

sysadm::modules::Result<sysadm::modules::Module> second(const char *path);

#ifdef SECOND
sysadm::modules::Result<sysadm::modules::Module> second(const char *path)
{
    return sysadm::modules::Module::load(path);
}
#else
int main()
{
    const auto here = sysadm::modules::Module::load("/nonexistent/module.so");
    const auto there = second("/nonexistent/module.so");
    return here || there || here.error().text != there.error().text ? 1 : 0;
}
#endif
