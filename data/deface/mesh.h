// A closed surface of triangles around a point.
#pragma once

#include <array>
#include <vector>

#include "data/deface/point.h"

namespace chiasm::face {

struct Mesh {
  std::vector<Point> points;
  std::vector<std::array<int, 3>> triangles;  // seen from outside: anticlockwise
  std::vector<std::vector<int>> neighbours;   // of each point, in no order
};

// An icosahedron whose triangles were split in four `splits` times: 10 * 4^splits + 2 points on a sphere.
Mesh sphere(const Point& centre, double radius, int splits);

// Outward, of unit length, one a point: the mean of the triangles around it, by area.
std::vector<Point> normals(const Mesh& mesh);

double mean_edge(const Mesh& mesh);

// How far points reach along a direction from a centre; 0 where none lies ahead.
double reach(const std::vector<Point>& points, const Point& centre, const Point& direction);

// Of the body inside, exact for the polyhedron: mm^3, mm, and mm^2 (central second moments, symmetric).
struct Moments {
  double volume = 0;
  Point centre{};
  std::array<Point, 3> second{};
};
Moments moments(const Mesh& mesh);

}  // namespace chiasm::face
