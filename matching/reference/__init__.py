"""Reference data: occupations, job titles, skills, communes, networks and dated legal parameters.

`embedded.load_embedded()` gives the small set written for the project, `official.read_official(folder)`
reads the national files, `occupation_search.OccupationSearch` finds an occupation from anybody's words.
"""
