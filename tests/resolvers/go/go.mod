module netstore.test/lookup

go 1.26.0
