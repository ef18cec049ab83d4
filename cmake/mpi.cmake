# The module fsconv_mpi.so, for several processes that train one model: beside the program in the build, in lib/fsconv/modules
# where it is installed (in lib/fsconv itself CPack would take it for a library that ldconfig is to know), as a component of its
# own. Only the module is linked with MPI: the program loads it where mpirun or srun has started several of it.
# SPDX-License-Identifier: Apache-2.0
find_package(MPI QUIET COMPONENTS C)
fsconv_auto_option(FSCONV_MPI "Build the module for several processes: needs libopenmpi-dev" MPI_C_FOUND)
if(NOT FSCONV_MPI)
  return()
endif()
find_package(MPI REQUIRED COMPONENTS C)

add_library(fsconv_mpi MODULE lib/fsconv/distributed/mpi_module.cpp)
set_target_properties(fsconv_mpi PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
target_include_directories(fsconv_mpi PRIVATE lib)
target_compile_definitions(fsconv_mpi PRIVATE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)
# Not fsconv_options: what a program at a fixed address is compiled with is nothing for a module.
target_compile_options(fsconv_mpi PRIVATE -Wall -Wextra -Wconversion -Wshadow)
target_link_libraries(fsconv_mpi PRIVATE MPI::MPI_C)
install(TARGETS fsconv_mpi LIBRARY DESTINATION lib/fsconv/modules COMPONENT mpi)
