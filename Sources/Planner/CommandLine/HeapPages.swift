import CMalloc
import Foundation

/// How the heap of the program takes memory from the system, for commands that one thread carries out nearly alone.
///
/// glibc gives every further thread a heap of its own, which grows by one page at a time: for a plan of 2,000 items that is 1,300 calls of the
/// system and 2,500 page faults, a tenth of all that `create_plan` costs. Commands that allocate on all cores at the same time
/// are better off with a heap for each thread: reading a plan of 100,000 items takes a sixth longer with one.
enum HeapPages {
    /// How much is taken in large pages: enough for what most sites need. More comes in small ones.
    private static let length = 16 << 20

    /// Lets all threads share one heap, and takes its first part in pages of 2 MB where the system has them (`madvise(2)`). What is not
    /// used of it takes no memory.
    ///
    /// To be called before there is a second thread.
    static func share() {
        _ = mallopt(M_ARENA_MAX, 1)
        // What is taken here and given back at once must be of the heap, and stay with it.
        _ = mallopt(M_MMAP_THRESHOLD, Int32(2 * length))
        _ = mallopt(M_TRIM_THRESHOLD, .max)
        guard let start = malloc(length) else { return }
        let page = Int(getpagesize())
        let offset = (page - Int(bitPattern: start) % page) % page
        madvise(start + offset, length - 2 * page, MADV_HUGEPAGE)
        free(start)
    }
}
