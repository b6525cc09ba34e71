// Plain threads: a parallel loop and a bounded queue.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>

namespace chiasm {

// Calls body(i) once for each i of [0, count) on up to `threads` threads. The first exception is rethrown after all threads have ended.
void parallel_for(int64_t count, int threads, const std::function<void(int64_t)>& body);

// Cores this process may use.
int available_cores();

// Blocking queue. `close()` wakes everybody; a closed, empty queue yields nothing.
template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(size_t capacity) : capacity_(capacity) {}
  // false when closed.
  bool push(T item) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return closed_ || items_.size() < capacity_; });
    if (closed_) return false;
    items_.push_back(std::move(item));
    filled_.notify_one();
    return true;
  }
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [&] { return closed_ || !items_.empty(); });
    if (items_.empty()) return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    room_.notify_one();
    return item;
  }
  void close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
    filled_.notify_all();
    room_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable filled_, room_;
  std::deque<T> items_;
  size_t capacity_;
  bool closed_ = false;
};

}  // namespace chiasm
