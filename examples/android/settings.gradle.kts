pluginManagement {
    repositories {
        google()
        mavenCentral()
        gradlePluginPortal()
    }
}

dependencyResolutionManagement {
    repositories {
        google()
        mavenCentral()
        // Where `mvn install` puts bosauth.
        mavenLocal { content { includeGroup("io.bosauth") } }
    }
}

rootProject.name = "login"
include(":app")
