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
set(BLA_VENDOR OpenBLAS)
find_dependency(BLAS)

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
