// Work made ahead by several threads and delivered in order. Knows nothing of studies: see loader.cpp for what is made.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace chiasm {

// A whole is joined from parts, each made from a task by whichever thread is free; the thread that makes the last part joins them.
// Wholes in work or waiting stay within a budget of bytes, those in work counted as the largest one so far; two are always allowed, so that
// one can be made while the other is used, however large they are. Where one turns out larger than any before, the budget is passed by the
// difference, once.
template <class Task, class Part, class Whole>
class Pipeline {
 public:
  struct Steps {
    std::function<std::optional<std::vector<Task>>()>
        plan;                                      // tasks of the next whole, at least one; nothing at the end. One call at a time.
    std::function<Part(const Task&)> make;         // any thread
    std::function<Whole(std::vector<Part>)> join;  // any thread
    std::function<int64_t(const Whole&)> bytes;    // any thread
  };

  // Nothing is made before the first next().
  Pipeline(Steps steps, int threads, int64_t budget) : steps_(std::move(steps)), budget_(budget) {
    for (int n = 0; n < threads; ++n) threads_.emplace_back([this] { work(); });
  }
  ~Pipeline() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_workers_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // The next whole; nothing at the end. Rethrows what making it threw; the one after can still be asked for.
  std::optional<Whole> next() {
    std::unique_lock lock(mutex_);
    started_ = true;
    wake_workers_.notify_all();
    const auto begun = std::chrono::steady_clock::now();
    wake_reader_.wait(lock, [this] { return jobs_.empty() ? ended_ : jobs_.front()->ready; });
    waited_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    if (jobs_.empty()) return std::nullopt;
    const std::shared_ptr<Job> job = jobs_.front();
    jobs_.pop_front();
    ready_bytes_ -= job->bytes;
    wake_workers_.notify_all();
    if (job->error) std::rethrow_exception(job->error);
    return std::move(job->whole);
  }

  // Throws away what was made ahead; `move` then changes what plan() gives next.
  void restart(const std::function<void()>& move) {
    const std::lock_guard lock(mutex_);
    jobs_.clear();  // parts in work are finished for nobody
    ready_bytes_ = 0;
    ++generation_;
    ended_ = false;
    move();
    wake_workers_.notify_all();
  }

  double wait_seconds() const { return waited_; }  // time next() has blocked
  // The most bytes of wholes that have been ready at once.
  int64_t most_ready_bytes() const {
    const std::lock_guard lock(mutex_);
    return most_ready_;
  }

 private:
  struct Job {
    std::vector<Task> tasks;
    std::vector<std::optional<Part>> parts;
    size_t taken = 0, finished = 0;
    std::exception_ptr error;
    std::optional<Whole> whole;
    int64_t bytes = 0;
    int64_t generation = 0;  // of the restart it was planned after
    bool ready = false;
  };

  // Under the lock: whether one more whole may be begun.
  bool has_room() const {
    if (jobs_.size() < 2) return true;
    int64_t in_work = 1;  // the new one
    for (const auto& job : jobs_) in_work += !job->ready;
    return largest_ > 0 && ready_bytes_ + in_work * largest_ <= budget_;
  }

  // Under the lock: a job with a task to take, planned now if there is room.
  std::shared_ptr<Job> find_job() {
    if (!started_) return nullptr;
    for (const auto& job : jobs_)
      if (job->taken < job->tasks.size()) return job;
    if (ended_ || !has_room()) return nullptr;
    std::optional<std::vector<Task>> tasks = steps_.plan();
    if (!tasks) {
      ended_ = true;
      wake_reader_.notify_all();
      return nullptr;
    }
    auto job = std::make_shared<Job>();
    job->tasks = std::move(*tasks);
    job->parts.resize(job->tasks.size());
    job->generation = generation_;
    jobs_.push_back(job);
    wake_workers_.notify_all();  // its other tasks, and the whole after it
    return job;
  }

  void work() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      const std::shared_ptr<Job> job = find_job();
      if (!job) {
        wake_workers_.wait(lock);
        continue;
      }
      const size_t slot = job->taken++;
      attempt(*job, lock, [&] { job->parts[slot].emplace(steps_.make(job->tasks[slot])); });
      if (++job->finished < job->tasks.size()) continue;
      if (!job->error) attempt(*job, lock, [&] { job->whole.emplace(join_parts(*job)); });
      job->parts.clear();
      finish(*job);
      wake_reader_.notify_all();
    }
  }

  // Under the lock.
  void finish(Job& job) {
    job.ready = true;
    if (!job.whole) return;
    job.bytes = steps_.bytes(*job.whole);
    largest_ = std::max(largest_, job.bytes);
    if (job.generation == generation_) ready_bytes_ += job.bytes;
    most_ready_ = std::max(most_ready_, ready_bytes_);
    wake_workers_.notify_all();  // now that a size is known there may be room
  }

  Whole join_parts(Job& job) {
    std::vector<Part> parts;
    for (std::optional<Part>& part : job.parts) parts.push_back(std::move(*part));
    return steps_.join(std::move(parts));
  }

  // Runs `action` without the lock; the first exception stays with the job.
  void attempt(Job& job, std::unique_lock<std::mutex>& lock, const std::function<void()>& action) {
    std::exception_ptr error;
    lock.unlock();
    try {
      action();
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    if (error && !job.error) job.error = error;
  }

  const Steps steps_;
  const int64_t budget_;
  mutable std::mutex mutex_;
  std::condition_variable wake_workers_, wake_reader_;
  std::deque<std::shared_ptr<Job>> jobs_;  // in order of delivery
  bool started_ = false, ended_ = false, stopping_ = false;
  int64_t ready_bytes_ = 0, most_ready_ = 0, largest_ = 0, generation_ = 0;
  double waited_ = 0;
  std::vector<std::thread> threads_;  // last: they use all of the above
};

}  // namespace chiasm
