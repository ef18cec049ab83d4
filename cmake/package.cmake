# Debian packages by cpack: fsconv, what users run, fsconv-mpi, its module for several processes, and libfsconv-dev. Two builds of the same sources give the same bytes
# (preset package, scripts/package).
# SPDX-License-Identifier: Apache-2.0
if(NOT FSCONV_PACKAGE)
  return()
endif()
set(FSCONV_MAINTAINER "The fsconv developers <fsconv@users.noreply.invalid>" CACHE STRING "Whom a package names")

set(packages fsconv fsconv-mpi libfsconv-dev)
set(component_of_fsconv runtime)
set(component_of_fsconv-mpi mpi)
set(component_of_libfsconv-dev dev)
foreach(package ${packages})
  set(component ${component_of_${package}})
  set(folder ${CMAKE_INSTALL_DATADIR}/doc/${package})
  install(FILES packaging/copyright DESTINATION ${folder} COMPONENT ${component})
  install(CODE "file(COPY \"${PROJECT_SOURCE_DIR}/packaging/changelog\" DESTINATION \"${PROJECT_BINARY_DIR}/packaging\")
execute_process(COMMAND gzip -9nf \"${PROJECT_BINARY_DIR}/packaging/changelog\" COMMAND_ERROR_IS_FATAL ANY)
file(INSTALL \"${PROJECT_BINARY_DIR}/packaging/changelog.gz\" DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${folder}\")"
          COMPONENT ${component})
endforeach()
install(FILES packaging/doc-base DESTINATION ${CMAKE_INSTALL_DATADIR}/doc-base RENAME fsconv-explorer COMPONENT runtime)
install(CODE "execute_process(COMMAND \"${CMAKE_STRIP}\" --remove-section=.comment --remove-section=.note
  \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/fsconv\" COMMAND_ERROR_IS_FATAL ANY)"
        COMPONENT runtime)
# An archive keeps what programs are linked with, and nothing of how it was compiled.
install(CODE "execute_process(COMMAND \"${CMAKE_STRIP}\" --strip-debug --remove-section=.comment --remove-section=.note -D
  \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/libfsconv.a\" COMMAND_ERROR_IS_FATAL ANY)"
        COMPONENT dev)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME fsconv)
set(CPACK_PACKAGE_VENDOR "The fsconv developers")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # each package has its own
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ
                                                WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
set(CPACK_THREADS 0)

set(CPACK_COMPONENTS_ALL runtime mpi dev)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "${FSCONV_MAINTAINER}")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME fsconv)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION science)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/packaging/prerm)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_RECOMMENDS "dataset-fashion-mnist, fonts-dejavu-core, python3-h5py, z3")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SUGGESTS "cvc5, fsconv-mpi, libfsconv-dev")
set(CPACK_DEBIAN_RUNTIME_DESCRIPTION
"transposed convolution, computed and proved
Tools around the fractionally-strided (transposed) convolution of deep
learning: sizes and equal calls in PyTorch, TensorFlow, Keras, Theano, ONNX
and JAX; the sparse matrix that a convolution is; several forms of the
operator, and checks and proofs that they are equal; drawings of what they do.
.
Autoencoders and variational autoencoders whose decoder is the transpose of
their encoder can be trained and evaluated, and give the same bits on any
number of threads.")

set(CPACK_DEBIAN_MPI_PACKAGE_NAME fsconv-mpi)
set(CPACK_DEBIAN_MPI_PACKAGE_SECTION science)
set(CPACK_DEBIAN_MPI_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_MPI_PACKAGE_DEPENDS "fsconv (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_MPI_PACKAGE_RECOMMENDS openmpi-bin)
set(CPACK_DEBIAN_MPI_DESCRIPTION
"transposed convolution, computed and proved (module for MPI)
What fsconv loads where mpirun or srun has started several processes of it:
they train, evaluate and encode as one, and give the bits that one process
gives.")

set(CPACK_DEBIAN_DEV_PACKAGE_NAME libfsconv-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_SHLIBDEPS OFF)
# Of scripts/packages what headers include, the archive is linked with and fsconvConfig.cmake looks for.
file(STRINGS scripts/packages names REGEX "-dev$")
list(REMOVE_DUPLICATES names)
list(REMOVE_ITEM names librandom123-dev libopenblas-dev libopenmpi-dev libclang-rt-14-dev libomp-dev)
list(APPEND names libopenblas-pthread-dev)
list(SORT names)
list(JOIN names ", " names)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "${names}")
set(CPACK_DEBIAN_DEV_DESCRIPTION
"transposed convolution, computed and proved (library)
Headers and archive of the library that fsconv is made of: geometries of
convolutions, forms of the operator, their sparse matrices, claims about them,
and models that share weights between a convolution and its transpose.
.
Found by find_package(fsconv) in CMake and by pkg-config.")

include(CPack)
