import CMalloc

/// How the heap of the program grows, for commands that one thread carries out nearly alone.
///
/// glibc gives every further thread a heap of its own, which grows by one page at a time: for a plan of 2,000 items that is 1,300 calls of the
/// system, a tenth of all that `create_plan` costs. Commands that allocate on all cores at the same time are better off with a heap for each
/// thread: reading a plan of 100,000 items takes a sixth longer with one.
///
/// Pages of 2 MB (`madvise(2)`) save half as much again on a quiet machine, and cost more than that where somebody has just given back much
/// memory; so they are not asked for.
enum SharedHeap {
    /// Lets all threads share the heap of the program, which grows by 4 MB at a time and keeps what it has. To be called before there is a
    /// second thread.
    static func use() {
        _ = mallopt(M_ARENA_MAX, 1)
        _ = mallopt(M_TOP_PAD, 4 << 20)
        _ = mallopt(M_TRIM_THRESHOLD, .max)
        // Texts of plans, which are made and dropped again, are of the heap too.
        _ = mallopt(M_MMAP_THRESHOLD, 16 << 20)
    }
}
