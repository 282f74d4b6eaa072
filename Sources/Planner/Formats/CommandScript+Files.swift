internal import Foundation
internal import Model

extension CommandScript {
    /// Reads a script from a file, or from standard input for `-`. What cannot be read is one of its errors.
    package init(file: String) {
        let isStandardInput = file == "-"
        let name = isStandardInput ? "standard input" : file
        let handle = isStandardInput ? FileHandle.standardInput : FileHandle(forReadingAtPath: file)
        var reason = "permission denied"
        if handle == nil, !FileManager.default.fileExists(atPath: file) { reason = "there is no such file" }
        do {
            // One byte more than is allowed, so that a larger file is told from one that just fits.
            if let data = try handle?.read(upToCount: CommandScript.maximumSize + 1) ?? (handle == nil ? nil : Data()) {
                self.init(Array(data), name: name)
                return
            }
        } catch {
            var isDirectory: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: file, isDirectory: &isDirectory)
            reason = isDirectory.boolValue ? "it is a directory" : error.localizedDescription
        }
        self.init([], name: name)
        fail(
            Diagnostic(
                .invalidRequest, "cannot read \(name): \(reason)", place: SourcePlace(file: name, line: 1, column: 1)))
    }
}
