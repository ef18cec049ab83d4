# Every library fsconv is built on; all of them are packages of Debian 12 (scripts/packages lists their names).
# Used by the build and, installed as part of the package, by projects that find fsconv.
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

# oneDNN's own package file insists on OpenCL, which its CPU engine does not use.
if(NOT TARGET fsconv::dnnl)
  find_library(FSCONV_DNNL_LIBRARY dnnl REQUIRED)
  find_path(FSCONV_DNNL_INCLUDE oneapi/dnnl/dnnl.hpp REQUIRED)
  add_library(fsconv::dnnl UNKNOWN IMPORTED)
  set_target_properties(fsconv::dnnl PROPERTIES IMPORTED_LOCATION ${FSCONV_DNNL_LIBRARY}
                                                INTERFACE_INCLUDE_DIRECTORIES ${FSCONV_DNNL_INCLUDE})
endif()
find_dependency(OpenMP COMPONENTS CXX)

# FLINT comes without a package file.
if(NOT TARGET fsconv::flint)
  find_library(FSCONV_FLINT_LIBRARY flint REQUIRED)
  find_path(FSCONV_FLINT_INCLUDE flint/fmpz_mpoly.h REQUIRED)
  find_library(FSCONV_GMP_LIBRARY gmp REQUIRED)
  add_library(fsconv::flint UNKNOWN IMPORTED)
  set_target_properties(fsconv::flint PROPERTIES IMPORTED_LOCATION ${FSCONV_FLINT_LIBRARY}
                                                 INTERFACE_INCLUDE_DIRECTORIES ${FSCONV_FLINT_INCLUDE}
                                                 INTERFACE_LINK_LIBRARIES ${FSCONV_GMP_LIBRARY})
endif()

# xxHash comes without a package file, too.
if(NOT TARGET fsconv::xxhash)
  find_library(FSCONV_XXHASH_LIBRARY xxhash REQUIRED)
  find_path(FSCONV_XXHASH_INCLUDE xxhash.h REQUIRED)
  add_library(fsconv::xxhash UNKNOWN IMPORTED)
  set_target_properties(fsconv::xxhash PROPERTIES IMPORTED_LOCATION ${FSCONV_XXHASH_LIBRARY}
                                                  INTERFACE_INCLUDE_DIRECTORIES ${FSCONV_XXHASH_INCLUDE})
endif()

# Cairo and giflib come without package files.
if(NOT TARGET fsconv::cairo)
  find_library(FSCONV_CAIRO_LIBRARY cairo REQUIRED)
  find_path(FSCONV_CAIRO_INCLUDE cairo.h PATH_SUFFIXES cairo REQUIRED)
  add_library(fsconv::cairo UNKNOWN IMPORTED)
  set_target_properties(fsconv::cairo PROPERTIES IMPORTED_LOCATION ${FSCONV_CAIRO_LIBRARY}
                                                 INTERFACE_INCLUDE_DIRECTORIES ${FSCONV_CAIRO_INCLUDE})
endif()
if(NOT TARGET fsconv::gif)
  find_library(FSCONV_GIF_LIBRARY gif REQUIRED)
  find_path(FSCONV_GIF_INCLUDE gif_lib.h REQUIRED)
  add_library(fsconv::gif UNKNOWN IMPORTED)
  set_target_properties(fsconv::gif PROPERTIES IMPORTED_LOCATION ${FSCONV_GIF_LIBRARY}
                                               INTERFACE_INCLUDE_DIRECTORIES ${FSCONV_GIF_INCLUDE})
endif()
