# find_package(SysadmClass 1.0) gives the target SysadmClass::headers, for
# #include <sysadm_class.h> and <sysadm_class.hpp>, and the folder of the modules in
# SysadmClass_MODULE_DIR. Found beside what was installed, wherever that was moved.
get_filename_component(SysadmClass_PREFIX "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
set(SysadmClass_MODULE_DIR "${SysadmClass_PREFIX}/lib/sysadm/modules")

if(NOT TARGET SysadmClass::headers)
    add_library(SysadmClass::headers INTERFACE IMPORTED)
    # The wrapper uses dlopen, which is in a library of its own on some systems.
    set_target_properties(SysadmClass::headers PROPERTIES
        INTERFACE_INCLUDE_DIRECTORIES "${SysadmClass_PREFIX}/include/sysadm"
        INTERFACE_LINK_LIBRARIES "${CMAKE_DL_LIBS}")
endif()
