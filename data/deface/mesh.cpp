#include "data/deface/mesh.h"

#include <algorithm>
#include <map>
#include <utility>

namespace chiasm::face {

namespace {

Mesh icosahedron() {
  const double g = (1 + std::sqrt(5.0)) / 2;
  Mesh mesh;
  mesh.points = {{-1, g, 0},  {1, g, 0},  {-1, -g, 0}, {1, -g, 0}, {0, -1, g},  {0, 1, g},
                 {0, -1, -g}, {0, 1, -g}, {g, 0, -1},  {g, 0, 1},  {-g, 0, -1}, {-g, 0, 1}};
  mesh.triangles = {{0, 11, 5}, {0, 5, 1}, {0, 1, 7}, {0, 7, 10}, {0, 10, 11}, {1, 5, 9}, {5, 11, 4}, {11, 10, 2}, {10, 7, 6}, {7, 1, 8},
                    {3, 9, 4},  {3, 4, 2}, {3, 2, 6}, {3, 6, 8},  {3, 8, 9},   {4, 9, 5}, {2, 4, 11}, {6, 2, 10},  {8, 6, 7},  {9, 8, 1}};
  return mesh;
}

void split(Mesh& mesh) {
  std::map<std::pair<int, int>, int> middles;
  const auto middle = [&](int a, int b) {
    const auto [found, added] = middles.try_emplace(std::minmax(a, b), static_cast<int>(mesh.points.size()));
    if (added) mesh.points.push_back(scaled(plus(mesh.points[static_cast<size_t>(a)], mesh.points[static_cast<size_t>(b)]), 0.5));
    return found->second;
  };
  std::vector<std::array<int, 3>> triangles;
  for (const auto& [a, b, c] : mesh.triangles) {
    const int ab = middle(a, b), bc = middle(b, c), ca = middle(c, a);
    triangles.insert(triangles.end(), {{a, ab, ca}, {b, bc, ab}, {c, ca, bc}, {ab, bc, ca}});
  }
  mesh.triangles = std::move(triangles);
}

void link(Mesh& mesh) {
  mesh.neighbours.assign(mesh.points.size(), {});
  // Each edge stands in two triangles, once in each direction.
  for (const auto& triangle : mesh.triangles)
    for (size_t n = 0; n < 3; ++n) mesh.neighbours[static_cast<size_t>(triangle[n])].push_back(triangle[(n + 1) % 3]);
}

const Point& corner(const Mesh& mesh, const std::array<int, 3>& triangle, size_t n) {
  return mesh.points[static_cast<size_t>(triangle[n])];
}

}  // namespace

Mesh sphere(const Point& centre, double radius, int splits) {
  Mesh mesh = icosahedron();
  for (int n = 0; n < splits; ++n) split(mesh);
  link(mesh);
  for (Point& point : mesh.points) point = plus(centre, unit(point), radius);
  return mesh;
}

std::vector<Point> normals(const Mesh& mesh) {
  std::vector<Point> result(mesh.points.size(), Point{});
  for (const auto& triangle : mesh.triangles) {
    const Point& a = corner(mesh, triangle, 0);
    const Point area = cross(minus(corner(mesh, triangle, 1), a), minus(corner(mesh, triangle, 2), a));
    for (const int n : triangle) result[static_cast<size_t>(n)] = plus(result[static_cast<size_t>(n)], area);
  }
  for (Point& normal : result) normal = unit(normal);
  return result;
}

double mean_edge(const Mesh& mesh) {
  double sum = 0;
  size_t edges = 0;
  for (size_t n = 0; n < mesh.points.size(); ++n)
    for (const int to : mesh.neighbours[n]) {
      sum += length(minus(mesh.points[static_cast<size_t>(to)], mesh.points[n]));
      ++edges;
    }
  return sum / static_cast<double>(edges);
}

double reach(const std::vector<Point>& points, const Point& centre, const Point& direction) {
  double most = 0;
  for (const Point& point : points) most = std::max(most, dot(direction, minus(point, centre)));
  return most;
}

// Sums over the tetrahedra between the triangles and one point.
Moments moments(const Mesh& mesh) {
  const Point origin = mesh.points.front();
  Moments result;
  Point first{};
  std::array<Point, 3> second{};
  for (const auto& triangle : mesh.triangles) {
    const std::array<Point, 3> at{minus(corner(mesh, triangle, 0), origin), minus(corner(mesh, triangle, 1), origin),
                                  minus(corner(mesh, triangle, 2), origin)};
    const double volume = dot(at[0], cross(at[1], at[2])) / 6;
    const Point sum = plus(plus(at[0], at[1]), at[2]);
    result.volume += volume;
    first = plus(first, sum, volume / 4);
    for (size_t i = 0; i < 3; ++i)
      for (size_t j = 0; j < 3; ++j)
        second[i][j] += volume / 20 * (sum[i] * sum[j] + at[0][i] * at[0][j] + at[1][i] * at[1][j] + at[2][i] * at[2][j]);
  }
  const Point mean = scaled(first, 1 / result.volume);
  result.centre = plus(origin, mean);
  for (size_t i = 0; i < 3; ++i)
    for (size_t j = 0; j < 3; ++j) result.second[i][j] = second[i][j] / result.volume - mean[i] * mean[j];
  return result;
}

}  // namespace chiasm::face
