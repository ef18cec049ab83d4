# <fsconv/version.hpp>, from the version of project() and the day of its release.
# SPDX-License-Identifier: Apache-2.0
set(FSCONV_RELEASE_DATE 2026-11-26)  # CHANGELOG.md, CITATION.cff and packaging/changelog have the same day
configure_file(${PROJECT_SOURCE_DIR}/lib/fsconv/base/version.hpp.in ${PROJECT_BINARY_DIR}/include/fsconv/version.hpp @ONLY)
