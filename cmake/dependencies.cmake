# Every library fsconv is built on; all of them are packages of Debian 12 (scripts/packages lists their names).
# Used by the build and, installed as part of the package, by projects that find fsconv.
# SPDX-License-Identifier: Apache-2.0
if(NOT COMMAND find_dependency)
  macro(find_dependency)
    find_package(${ARGN} REQUIRED)
  endmacro()
endif()

enable_language(C)  # CMake looks for HDF5 by compiling C
find_dependency(Threads)
find_dependency(Boost 1.74 COMPONENTS program_options)
find_dependency(Armadillo 11)
find_dependency(HDF5 COMPONENTS C HL)
find_dependency(fmt 9)
find_dependency(nlohmann_json 3.11)
find_dependency(ZLIB)
find_dependency(PNG)
find_dependency(JPEG)
find_dependency(OpenSSL COMPONENTS Crypto)
find_dependency(Eigen3 3.4)

# OpenBLAS as an archive, in the build whose products may run on several threads at once (its build without threads mixes
# them up). It starts a thread for each further core before main(), and takes the program down where it cannot; whether it
# may, a program can say before an archive starts (cli/limits.cpp), but not before a shared library. Its LAPACK, which only
# some programs call, is Fortran.
if(NOT TARGET fsconv::openblas)
  find_library(FSCONV_OPENBLAS_LIBRARY libopenblas.a PATH_SUFFIXES openblas-pthread REQUIRED)
  find_library(FSCONV_GFORTRAN_LIBRARY NAMES gfortran libgfortran.so.5 REQUIRED)
  add_library(fsconv::openblas STATIC IMPORTED)
  set_target_properties(fsconv::openblas PROPERTIES
    IMPORTED_LOCATION ${FSCONV_OPENBLAS_LIBRARY}
    INTERFACE_LINK_LIBRARIES "-Wl,--push-state,--as-needed,${FSCONV_GFORTRAN_LIBRARY},--pop-state;m;pthread")
endif()

# fsconv_find_library(NAME LIBRARY HEADER [LINKED]) : the target fsconv::NAME for a library that comes without a package file,
# or with one that is of no use; LINKED is linked with it.
function(fsconv_find_library name library header)
  if(TARGET fsconv::${name})
    return()
  endif()
  string(TOUPPER ${name} variable)
  find_library(FSCONV_${variable}_LIBRARY ${library} REQUIRED)
  find_path(FSCONV_${variable}_INCLUDE ${header} PATH_SUFFIXES ${name} REQUIRED)
  add_library(fsconv::${name} UNKNOWN IMPORTED)
  set_target_properties(fsconv::${name} PROPERTIES IMPORTED_LOCATION ${FSCONV_${variable}_LIBRARY}
                                                   INTERFACE_INCLUDE_DIRECTORIES ${FSCONV_${variable}_INCLUDE}
                                                   INTERFACE_LINK_LIBRARIES "${ARGN}")
endfunction()

fsconv_find_library(dnnl dnnl oneapi/dnnl/dnnl.hpp)  # its package file insists on OpenCL, which its CPU engine does not use
find_dependency(OpenMP COMPONENTS CXX)
find_library(FSCONV_GMP_LIBRARY gmp REQUIRED)
fsconv_find_library(flint flint flint/fmpz_mpoly.h ${FSCONV_GMP_LIBRARY})
fsconv_find_library(xxhash xxhash xxhash.h)
fsconv_find_library(cairo cairo cairo.h)
fsconv_find_library(gif gif gif_lib.h)

# fsconv_auto_option(NAME HELP VARIABLE...) : the option NAME, ON or OFF as somebody says; until then AUTO, which is ON where all
# variables are true, looked at anew at each configuration. (An installed fsconv says before how it was built.)
macro(fsconv_auto_option name help)
  if(NOT DEFINED ${name} OR "${${name}}" STREQUAL "AUTO")
    set(${name} AUTO CACHE STRING "${help} (AUTO: where they are there)")
    set_property(CACHE ${name} PROPERTY STRINGS AUTO ON OFF)
    set(${name} ON)
    foreach(needed ${ARGN})
      if(NOT ${needed})
        set(${name} OFF)
      endif()
    endforeach()
  endif()
endmacro()

# ONNX files are messages of Protocol Buffers. Compiled from Debian's onnx.proto for the small runtime, which is linked as an
# archive, they cost a command nothing at its start; libonnx_proto.so and libprotobuf.so, whose start registers every message
# by name, took 2 ms of the 11 that fsconv shape takes.
find_program(FSCONV_PROTOC protoc)
find_file(FSCONV_ONNX_PROTO onnx/onnx.proto PATH_SUFFIXES include)
find_library(FSCONV_PROTOBUF_LIBRARY libprotobuf-lite.a)
mark_as_advanced(FSCONV_PROTOC FSCONV_ONNX_PROTO FSCONV_PROTOBUF_LIBRARY)
fsconv_auto_option(FSCONV_ONNX "Write ONNX files: needs libonnx-dev, libprotobuf-dev and protobuf-compiler"
                   FSCONV_PROTOC FSCONV_ONNX_PROTO FSCONV_PROTOBUF_LIBRARY)
if(FSCONV_ONNX)
  fsconv_find_library(protobuf libprotobuf-lite.a google/protobuf/message_lite.h)
endif()
