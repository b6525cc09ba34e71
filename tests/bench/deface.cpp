// Defaces a NIfTI file and tells what was found, for a look at it.
// usage: bench_deface ct|mr IN.nii.gz OUT.nii.gz [SURFACE SHARE]    SURFACE: the points and triangles of the brain's surface, as text
#include <chrono>
#include <fstream>
#include <iostream>
#include <string>

#include "core/base/error.h"
#include "data/deface/brain.h"
#include "data/deface/deface.h"
#include "data/nifti.h"

namespace {
using namespace chiasm;

void write_surface(const std::string& path, const Volume& volume, double share) {
  const face::Head head = face::head_of(volume, 1);
  const face::Mesh mesh = face::find_brain(head, share).surface;
  std::ofstream out(path);
  out << mesh.points.size() << " " << mesh.triangles.size() << "\n";
  for (const auto& point : mesh.points) out << point[0] << " " << point[1] << " " << point[2] << "\n";
  for (const auto& corners : mesh.triangles) out << corners[0] << " " << corners[1] << " " << corners[2] << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  try {
    Volume volume = read_nifti(argv[2]);
    volume.modality = argv[1];
    if (argc > 5) write_surface(argv[4], volume, std::stod(argv[5]));
    const auto started = std::chrono::steady_clock::now();
    const FaceFound result = deface(volume).found;
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    std::cout << (result.removed ? "removed" : "absent") << " brain_ml " << result.brain_ml << " removed_ml " << result.removed_ml
              << " changed " << result.changed << " seconds " << took.count() << "\n";
    write_nifti(argv[3], volume);
  } catch (const Error& error) {
    std::cout << error.what() << "\n";
    return 1;
  }
}
