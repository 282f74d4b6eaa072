import Model

extension CorePropertyTypes {
    static let times: [PropertyType] = [
        PropertyType(
            "date_format", rule: "%Y, %m, %d, %H, %M, %S and %s, perhaps with '-' between: -%Y%m%d", pattern: "(-?%[YmdHMSs])*"),
        PropertyType(
            "timestamp", rule: "seconds since 1970, perhaps with a fraction: 1700000000.25", pattern: #"\d{1,12}(\.\d{1,9})?"#),
    ]
}
