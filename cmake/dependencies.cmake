# Finds the three header-only dependencies and gathers their include folders in
# RETORT_DEPENDENCY_INCLUDES. Only folders are taken: Debian's xsimd target links
# a library that need not be there, and versions are compared by hand because
# Eigen 3.4 and 5.0 cannot both satisfy one find_package version range.
set(CMAKE_FIND_USE_PACKAGE_REGISTRY OFF)
set(RETORT_DEPENDENCY_INCLUDES "")

function(retort_dependency package target minimum header)
  find_package(${package} CONFIG QUIET)
  set(folder "")
  if(${package}_FOUND AND NOT ${package}_VERSION VERSION_LESS ${minimum})
    get_target_property(folder ${target} INTERFACE_INCLUDE_DIRECTORIES)
  endif()
  if(NOT folder)
    find_path(RETORT_${package}_DIR ${header} PATH_SUFFIXES eigen3)
    set(folder ${RETORT_${package}_DIR})
  endif()
  if(NOT folder)
    message(FATAL_ERROR "Retort needs ${package} >= ${minimum} (header-only). On Debian: apt-get install libeigen3-dev libxsimd-dev nlohmann-json3-dev")
  endif()
  set(RETORT_DEPENDENCY_INCLUDES ${RETORT_DEPENDENCY_INCLUDES} ${folder} PARENT_SCOPE)
endfunction()

retort_dependency(Eigen3 Eigen3::Eigen 3.4 Eigen/Core)
retort_dependency(xsimd xsimd 8.1 xsimd/xsimd.hpp)
retort_dependency(nlohmann_json nlohmann_json::nlohmann_json 3.11 nlohmann/json.hpp)
list(REMOVE_DUPLICATES RETORT_DEPENDENCY_INCLUDES)
