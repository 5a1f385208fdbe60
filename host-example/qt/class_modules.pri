# For a qmake project: include(.../class_modules.pri). The headers of the contract
# are found by pkg-config, where sysadm-class is installed, or by SYSADM_INCLUDE.
CONFIG += c++17
HEADERS += $$PWD/class_modules.h $$PWD/class_modules_p.h
SOURCES += $$PWD/class_modules.cpp $$PWD/class_requests.cpp
INCLUDEPATH += $$PWD
isEmpty(SYSADM_INCLUDE) {
    CONFIG += link_pkgconfig
    PKGCONFIG += sysadm-class
} else {
    INCLUDEPATH += $$SYSADM_INCLUDE
    linux: LIBS += -ldl
}
