# Writes a C++ source that holds the proof obligations, so that an installed fsconv needs no other files.
#
#   cmake -DDIRECTORY=proofs/smt -DOUTPUT=embedded_proofs.cpp -P embed_texts.cmake
#
# The texts become arrays of bytes: no character of theirs can mean anything to CMake or C++.
# SPDX-License-Identifier: Apache-2.0
cmake_minimum_required(VERSION 3.25)

foreach(variable DIRECTORY OUTPUT)
  if(NOT DEFINED ${variable})
    message(FATAL_ERROR "embed_texts.cmake: -D${variable}=... is missing")
  endif()
endforeach()

file(GLOB theorems RELATIVE ${DIRECTORY} ${DIRECTORY}/*.smt2)
file(GLOB beliefs RELATIVE ${DIRECTORY} ${DIRECTORY}/beliefs/*.smt2)
list(SORT theorems)
list(SORT beliefs)
set(files ${theorems} ${beliefs})
if(NOT files)
  message(FATAL_ERROR "embed_texts.cmake: ${DIRECTORY} holds no *.smt2 files")
endif()

set(arrays "")
set(entries "")
set(number 0)
foreach(file IN LISTS files)
  if(NOT file MATCHES "^[A-Za-z0-9_./-]+$")
    message(FATAL_ERROR "embed_texts.cmake: ${DIRECTORY}/${file}: legal in names are letters, digits, _, - and .")
  endif()
  string(REGEX REPLACE "\\.smt2$" "" name ${file})
  file(SIZE ${DIRECTORY}/${file} size)
  file(READ ${DIRECTORY}/${file} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(REGEX REPLACE "(0x0a,)" "\\1\n    " bytes "${bytes}")  # its lines are lines here
  string(APPEND arrays "constexpr unsigned char text_${number}[] = {  // ${name}\n    ${bytes}0};\n")
  string(APPEND entries "      {\"${name}\", {reinterpret_cast<const char*>(text_${number}), ${size}}},\n")
  math(EXPR number "${number} + 1")
endforeach()

file(WRITE ${OUTPUT} "// Written by cmake/embed_texts.cmake from proofs/smt; change those files instead.
#include <fsconv/symbolic/embedded_proofs.hpp>

namespace fsconv {
namespace {

${arrays}
}  // namespace

std::span<const EmbeddedText> embedded_proofs() {
  static const EmbeddedText texts[] = {
${entries}  };
  return texts;
}

}  // namespace fsconv
")
